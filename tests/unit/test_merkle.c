#include "clearing/journal/merkle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <jansson.h>

#define HASH       MERKLE_HASH_LEN
#define LEAVES_MAX 320

/* The judge: leaves in an array and RFC 6962's own recursion. */
struct naive {
    uint8_t leaves[LEAVES_MAX][HASH];
    int reads;
};

static uint64_t split(uint64_t n)
{
    uint64_t k = 1;

    while (k * 2 < n) {
        k *= 2;
    }
    return k;
}

static void naive_root(const struct naive *tree, uint64_t start, uint64_t end, uint8_t *ret)
{
    uint8_t pair[1 + 2 * HASH] = {1};

    if (start == end) {
        digest_sha256(NULL, 0, ret);
    } else if (end - start == 1) {
        memcpy(ret, tree->leaves[start], HASH);
    } else {
        uint64_t middle = start + split(end - start);
        naive_root(tree, start, middle, pair + 1);
        naive_root(tree, middle, end, pair + 1 + HASH);
        digest_sha256(pair, sizeof pair, ret);
    }
}

static void naive_path(const struct naive *tree,
                       uint64_t index,
                       uint64_t start,
                       uint64_t end,
                       struct merkle_path *path)
{
    if (end - start < 2) {
        return;
    }
    uint64_t middle = start + split(end - start);
    bool left = index < middle;
    naive_path(tree, index, left ? start : middle, left ? middle : end, path);
    naive_root(tree, left ? middle : start, left ? end : middle, path->hashes[path->count++]);
}

static bool naive_node(void *context, unsigned level, uint64_t index, uint8_t *ret_hash)
{
    struct naive *tree = context;

    ck_assert_uint_le((index + 1) << level, LEAVES_MAX);
    tree->reads++;
    naive_root(tree, index << level, (index + 1) << level, ret_hash);
    return true;
}

static bool broken_node(void *context, unsigned level, uint64_t index, uint8_t *ret_hash)
{
    (void)context;
    (void)level;
    (void)index;
    (void)ret_hash;
    return false;
}

static struct naive tree;

static void make_tree(void)
{
    for (int i = 0; i < LEAVES_MAX; i++) {
        char text[12];
        (void)snprintf(text, sizeof text, "%d", i);
        merkle_hash_leaf(slice_of(text), tree.leaves[i]);
    }
    tree.reads = 0;
}

START_TEST(roots)
{
    struct merkle_range range = {0};
    uint8_t root[HASH];
    uint8_t expected[HASH];

    for (uint64_t size = 0; size <= LEAVES_MAX; size++) {
        naive_root(&tree, 0, size, expected);
        merkle_range_root(&range, root);
        ck_assert_mem_eq(root, expected, HASH);
        ck_assert(merkle_root_at(naive_node, &tree, size, root));
        ck_assert_mem_eq(root, expected, HASH);
        if (size < LEAVES_MAX) {
            merkle_range_append(&range, tree.leaves[size]);
        }
    }
}
END_TEST

START_TEST(inclusion_paths)
{
    for (uint64_t size = 1; size <= 70; size++) {
        uint8_t root[HASH];
        naive_root(&tree, 0, size, root);
        for (uint64_t index = 0; index < size; index++) {
            struct merkle_path path;
            struct merkle_path expected = {0};
            ck_assert(merkle_inclusion_path(naive_node, &tree, index, size, &path));
            naive_path(&tree, index, 0, size, &expected);
            ck_assert_uint_eq(path.count, expected.count);
            ck_assert_mem_eq(path.hashes, expected.hashes, (size_t)path.count * HASH);
            ck_assert(merkle_inclusion_verify(index, size, tree.leaves[index], &path, root));
        }
    }
}
END_TEST

/* A valid proof proves nothing but its own statement. */
START_TEST(inclusion_refusals)
{
    for (uint64_t size = 1; size <= 20; size++) {
        uint8_t root[HASH];
        naive_root(&tree, 0, size, root);
        for (uint64_t index = 0; index < size; index++) {
            struct merkle_path path;
            ck_assert(merkle_inclusion_path(naive_node, &tree, index, size, &path));
            for (uint64_t other = 0; other <= 40; other++) {
                ck_assert(other == index ||
                          !merkle_inclusion_verify(other, size, tree.leaves[index], &path, root));
                ck_assert(other == index ||
                          !merkle_inclusion_verify(index, size, tree.leaves[other], &path, root));
            }
            for (uint32_t i = 0; i < path.count; i++) {
                path.hashes[i][31] ^= 1;
                ck_assert(!merkle_inclusion_verify(index, size, tree.leaves[index], &path, root));
                path.hashes[i][31] ^= 1;
            }
            path.count++;
            memset(path.hashes[path.count - 1], 0, HASH);
            ck_assert(!merkle_inclusion_verify(index, size, tree.leaves[index], &path, root));
            if (path.count > 1) {
                path.count -= 2;
                ck_assert(!merkle_inclusion_verify(index, size, tree.leaves[index], &path, root));
            }
        }
    }
}
END_TEST

START_TEST(consistency_paths)
{
    for (uint64_t size = 1; size <= 70; size++) {
        for (uint64_t old = 1; old <= size; old++) {
            struct merkle_head old_head = {.size = old};
            struct merkle_head head = {.size = size};
            struct merkle_path path;
            naive_root(&tree, 0, old, old_head.root);
            naive_root(&tree, 0, size, head.root);
            ck_assert(merkle_consistency_path(naive_node, &tree, old, size, &path));
            ck_assert(merkle_consistency_verify(&old_head, &head, &path));
            old_head.root[0] ^= 1;
            ck_assert(!merkle_consistency_verify(&old_head, &head, &path));
            old_head.root[0] ^= 1;
            head.root[0] ^= 1;
            ck_assert(!merkle_consistency_verify(&old_head, &head, &path));
            head.root[0] ^= 1;
            if (path.count > 0) {
                path.hashes[0][5] ^= 1;
                ck_assert(!merkle_consistency_verify(&old_head, &head, &path));
                path.hashes[0][5] ^= 1;
                path.count--;
                ck_assert(!merkle_consistency_verify(&old_head, &head, &path));
                path.count++;
            }
            path.count++;
            ck_assert(!merkle_consistency_verify(&old_head, &head, &path));
        }
    }
}
END_TEST

START_TEST(refused_at_the_edges)
{
    struct merkle_head none = {0};
    struct merkle_head one = {.size = 1};
    struct merkle_path path = {0};
    uint8_t hash[HASH] = {0};

    digest_sha256(NULL, 0, none.root);
    ck_assert(!merkle_consistency_verify(&none, &none, &path));
    ck_assert(!merkle_consistency_verify(&none, &one, &path));
    ck_assert(!merkle_consistency_verify(&one, &none, &path));
    ck_assert(merkle_consistency_verify(&one, &one, &path));
    ck_assert(!merkle_inclusion_verify(0, 0, hash, &path, none.root));
    ck_assert(!merkle_inclusion_verify(UINT64_MAX, UINT64_MAX, hash, &path, hash));
    ck_assert(!merkle_inclusion_verify(0, UINT64_MAX, hash, &path, hash));
    path.count = MERKLE_PATH_MAX + 1;
    ck_assert(!merkle_inclusion_verify(0, 1, hash, &path, hash));
    ck_assert(!merkle_consistency_verify(&one, &(struct merkle_head){.size = 2}, &path));
    path.count = MERKLE_PATH_MAX;
    ck_assert(!merkle_inclusion_verify(0, (uint64_t)1 << 62, hash, &path, hash));
    ck_assert(!merkle_consistency_verify(
        &one, &(struct merkle_head){.size = ((uint64_t)1 << 63) - 1}, &path));
}
END_TEST

START_TEST(unreadable_nodes)
{
    struct merkle_path path;
    uint8_t root[HASH];

    ck_assert(!merkle_root_at(broken_node, NULL, 5, root));
    ck_assert(!merkle_inclusion_path(broken_node, NULL, 2, 5, &path));
    ck_assert(!merkle_consistency_path(broken_node, NULL, 2, 5, &path));
    ck_assert(merkle_root_at(broken_node, NULL, 0, root));
}
END_TEST

START_TEST(few_reads)
{
    struct merkle_path path;

    tree.reads = 0;
    ck_assert(merkle_inclusion_path(naive_node, &tree, 17, 319, &path));
    ck_assert_int_le(tree.reads, 18);
}
END_TEST

START_TEST(leaf_in_pieces)
{
    uint8_t whole[HASH];
    uint8_t pieces[HASH];
    slice_t parts[3] = {{"enve", 4}, {"payload", 7}, {NULL, 0}};

    merkle_hash_leaf(slice_of("envepayload"), whole);
    merkle_hash_leaf_parts(parts, 3, pieces);
    ck_assert_mem_eq(whole, pieces, HASH);
}
END_TEST

static const char *shared_path(const char *name)
{
    static char path[512];
    const char *shared = getenv("ALLCLEAR_SHARED");

    (void)snprintf(path, sizeof path, "%s/vectors/%s", shared == NULL ? "../shared" : shared, name);
    return path;
}

static FILE *open_vectors(const char *name)
{
    FILE *file = fopen(shared_path(name), "r");

    if (file == NULL) {
        (void)fprintf(stderr, "SKIPPED: %s is not there (set ALLCLEAR_SHARED)\n",
                      shared_path(name));
    }
    return file;
}

static int base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);

    ck_assert_ptr_nonnull(at);
    return (int)(at - digits);
}

/* Returns: was it a hash? Every hash has exactly 32 bytes, here as in our own formats. */
static bool hash_of_base64(const char *text, uint8_t ret_hash[HASH])
{
    uint32_t bits = 0;
    int held = 0;
    size_t len = 0;

    for (; *text != '\0' && *text != '='; text++) {
        bits = bits << 6 | (uint32_t)base64_digit(*text);
        held += 6;
        if (held >= 8) {
            held -= 8;
            if (len == HASH) {
                return false;
            }
            ret_hash[len++] = (uint8_t)(bits >> held);
        }
    }
    return len == HASH;
}

static bool path_of_json(const json_t *proof, struct merkle_path *ret_path)
{
    size_t at;
    const json_t *hash;

    ret_path->count = 0;
    json_array_foreach(proof, at, hash)
    {
        if (at == MERKLE_PATH_MAX ||
            !hash_of_base64(json_string_value(hash), ret_path->hashes[at])) {
            return false;
        }
        ret_path->count++;
    }
    return true;
}

static bool inclusion_agrees(const json_t *vector)
{
    struct merkle_path path;
    uint8_t root[HASH];
    uint8_t leaf[HASH];

    return path_of_json(json_object_get(vector, "proof"), &path) &&
           hash_of_base64(json_string_value(json_object_get(vector, "root")), root) &&
           hash_of_base64(json_string_value(json_object_get(vector, "leafHash")), leaf) &&
           merkle_inclusion_verify(
               (uint64_t)json_integer_value(json_object_get(vector, "leafIdx")),
               (uint64_t)json_integer_value(json_object_get(vector, "treeSize")), leaf, &path,
               root);
}

static bool consistency_agrees(const json_t *vector)
{
    struct merkle_path path;
    struct merkle_head old_head;
    struct merkle_head head;

    old_head.size = (uint64_t)json_integer_value(json_object_get(vector, "size1"));
    head.size = (uint64_t)json_integer_value(json_object_get(vector, "size2"));
    return path_of_json(json_object_get(vector, "proof"), &path) &&
           hash_of_base64(json_string_value(json_object_get(vector, "root1")), old_head.root) &&
           hash_of_base64(json_string_value(json_object_get(vector, "root2")), head.root) &&
           merkle_consistency_verify(&old_head, &head, &path);
}

/* jansson has signed integers only: 2^64 - 1 becomes the -1 that it is cast back from. */
static void shrink_integer(char *line)
{
    static const char big[] = "18446744073709551615";
    char *at = strstr(line, big);

    if (at != NULL) {
        memset(at, ' ', sizeof big - 1);
        memcpy(at, "-1", 2);
    }
}

/* Theirs takes equal texts for equal roots; ours has no root that is not 32 bytes long. */
static const char other_policy[] =
    "testdata/consistency/additional/sizes-are-equal-one-and-proof-is-empty.json";

/* One vector a line. */
static void run_vectors(const char *name, bool agrees(const json_t *vector))
{
    static char line[16384];
    FILE *file = open_vectors(name);
    int count = 0;
    int valid = 0;

    if (file == NULL) {
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        shrink_integer(line);
        json_t *vector = json_loads(line, 0, NULL);
        ck_assert_ptr_nonnull(vector);
        const char *path = json_string_value(json_object_get(vector, "path"));
        bool good = !json_is_true(json_object_get(vector, "wantErr"));
        ck_assert_msg(agrees(vector) == (good && strcmp(path, other_policy) != 0), "%s", path);
        json_decref(vector);
        count++;
        valid += good ? 1 : 0;
    }
    (void)fclose(file);
    ck_assert_int_eq(count, 98);
    ck_assert_int_eq(valid, 6);
}

START_TEST(vectors_inclusion)
{
    run_vectors("rfc6962-inclusion.jsonl", inclusion_agrees);
}
END_TEST

START_TEST(vectors_consistency)
{
    run_vectors("rfc6962-consistency.jsonl", consistency_agrees);
}
END_TEST

static size_t from_hex(const char *hex, uint8_t *bytes)
{
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        unsigned value;
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
    return len;
}

static void assert_proof(const struct merkle_path *path, const json_t *proof)
{
    size_t at;
    const json_t *text;

    ck_assert_uint_eq(path->count, json_array_size(proof));
    json_array_foreach(proof, at, text)
    {
        uint8_t hash[HASH];
        ck_assert_uint_eq(from_hex(json_string_value(text), hash), HASH);
        ck_assert_mem_eq(path->hashes[at], hash, HASH);
    }
}

START_TEST(vectors_tree8)
{
    static struct naive small;
    struct merkle_range range = {0};
    struct merkle_path path;
    json_t *file = json_load_file(shared_path("rfc6962-tree8.json"), 0, NULL);
    size_t at;
    const json_t *item;

    if (file == NULL) {
        (void)fprintf(stderr, "SKIPPED: rfc6962-tree8.json is not there (set ALLCLEAR_SHARED)\n");
        return;
    }
    json_array_foreach(json_object_get(file, "leaf_inputs_hex"), at, item)
    {
        uint8_t bytes[32];
        size_t len = from_hex(json_string_value(item), bytes);
        merkle_hash_leaf((slice_t){(char *)bytes, (uint32_t)len}, small.leaves[at]);
    }
    json_array_foreach(json_object_get(file, "roots_by_size_hex"), at, item)
    {
        uint8_t root[HASH];
        uint8_t expected[HASH];
        (void)from_hex(json_string_value(item), expected);
        merkle_range_root(&range, root);
        ck_assert_mem_eq(root, expected, HASH);
        merkle_range_append(&range, small.leaves[at]);
    }
    json_array_foreach(json_object_get(file, "derived_inclusion"), at, item)
    {
        ck_assert(merkle_inclusion_path(
            naive_node, &small, (uint64_t)json_integer_value(json_object_get(item, "index")),
            (uint64_t)json_integer_value(json_object_get(item, "size")), &path));
        assert_proof(&path, json_object_get(item, "proof_hex"));
    }
    json_array_foreach(json_object_get(file, "derived_consistency"), at, item)
    {
        ck_assert(merkle_consistency_path(
            naive_node, &small, (uint64_t)json_integer_value(json_object_get(item, "size1")),
            (uint64_t)json_integer_value(json_object_get(item, "size2")), &path));
        assert_proof(&path, json_object_get(item, "proof_hex"));
    }
    json_decref(file);
}
END_TEST

START_TEST(vectors_big)
{
    json_t *file = json_load_file(shared_path("rfc6962-big-derived.json"), 0, NULL);
    struct merkle_range range = {0};
    int compared = 0;

    if (file == NULL) {
        (void)fprintf(stderr, "SKIPPED: rfc6962-big-derived.json is not there\n");
        return;
    }
    for (int i = 0; i <= 70000; i++) {
        char text[12];
        uint8_t leaf[HASH];
        (void)snprintf(text, sizeof text, "%d", i);
        const json_t *root_hex = json_object_get(json_object_get(file, "roots"), text);
        if (root_hex != NULL) {
            uint8_t root[HASH];
            uint8_t expected[HASH];
            (void)from_hex(json_string_value(root_hex), expected);
            merkle_range_root(&range, root);
            ck_assert_mem_eq(root, expected, HASH);
            compared++;
        }
        merkle_hash_leaf(slice_of(text), leaf);
        merkle_range_append(&range, leaf);
    }
    ck_assert_int_eq(compared, 6);
    json_decref(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("merkle");
    TCase *tests = tcase_create("merkle");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, make_tree, NULL);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, roots);
    tcase_add_test(tests, inclusion_paths);
    tcase_add_test(tests, inclusion_refusals);
    tcase_add_test(tests, consistency_paths);
    tcase_add_test(tests, refused_at_the_edges);
    tcase_add_test(tests, unreadable_nodes);
    tcase_add_test(tests, few_reads);
    tcase_add_test(tests, leaf_in_pieces);
    tcase_add_test(tests, vectors_inclusion);
    tcase_add_test(tests, vectors_consistency);
    tcase_add_test(tests, vectors_tree8);
    tcase_add_test(tests, vectors_big);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
