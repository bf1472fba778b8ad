#include "clearing/base/code.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool code_valid(slice_t text)
{
    if (text.len == 0 || text.len > CODE_LEN_MAX || !is_alnum(text.text[0])) {
        return false;
    }
    for (uint32_t i = 1; i < text.len; i++) {
        char c = text.text[i];
        if (!is_alnum(c) && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

code_t code_of(slice_t text)
{
    code_t code = {0};

    CHECK(text.len <= CODE_LEN_MAX);
    code.len = (uint8_t)text.len;
    memcpy(code.text, text.text, text.len);
    return code;
}

slice_t slice_of(const char *text)
{
    return (slice_t){text, (uint32_t)strlen(text)};
}

bool slice_equal(slice_t a, slice_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

int slice_compare(slice_t a, slice_t b)
{
    uint32_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.text, b.text, shorter);

    if (order != 0) {
        return order;
    }
    return (a.len > b.len) - (a.len < b.len);
}

uint32_t code_index_find(const struct code_index *index, slice_t code)
{
    if (index->slots == NULL) {
        return CODE_NONE;
    }
    for (uint32_t at = (uint32_t)hash_bytes(code.text, code.len) & index->mask;;
         at = (at + 1) & index->mask) {
        uint32_t slot = index->slots[at];
        if (slot == 0) {
            return CODE_NONE;
        }
        if (slice_equal(code_slice(&index->codes[slot - 1]), code)) {
            return slot - 1;
        }
    }
}

static void index_place(struct code_index *index, uint32_t number)
{
    const code_t *code = &index->codes[number];
    uint32_t at = (uint32_t)hash_bytes(code->text, code->len) & index->mask;

    while (index->slots[at] != 0) {
        at = (at + 1) & index->mask;
    }
    index->slots[at] = number + 1;
}

uint32_t code_index_add(struct code_index *index, slice_t code)
{
    uint32_t known = code_index_find(index, code);

    if (known != CODE_NONE) {
        return known;
    }
    if (index->count == index->capacity) {
        uint32_t capacity = index->capacity == 0 ? 16 : index->capacity * 2;
        index->codes = memory_resize(index->codes, capacity, sizeof *index->codes);
        free(index->slots);
        index->slots = memory_zeroed((size_t)capacity * 2, sizeof *index->slots);
        index->mask = capacity * 2 - 1;
        index->capacity = capacity;
        for (uint32_t i = 0; i < index->count; i++) {
            index_place(index, i);
        }
    }
    index->codes[index->count] = code_of(code);
    index_place(index, index->count);
    return index->count++;
}

void code_index_deinit(struct code_index *index)
{
    free(index->codes);
    free(index->slots);
    *index = (struct code_index){0};
}
