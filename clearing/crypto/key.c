#include "clearing/crypto/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "clearing/base/memory.h"
#include "clearing/crypto/sign.h"

#define PEM_LEN_MAX  4096
#define PATH_LEN_MAX 4095

static struct sign_key *wrap(EVP_PKEY *pkey)
{
    struct sign_key *key = memory_zeroed(1, sizeof *key);

    key->pkey = pkey;
    return key;
}

struct sign_key *sign_key_new(void)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    CHECK(pkey != NULL); /* the system's random source never fails once it has started */
    return wrap(pkey);
}

void sign_key_free(struct sign_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey); /* OpenSSL wipes the private half */
        free(key);
    }
}

void sign_key_public(const struct sign_key *key, uint8_t ret_public[SIGN_PUBLIC_LEN])
{
    size_t len = SIGN_PUBLIC_LEN;

    CHECK(EVP_PKEY_get_raw_public_key(key->pkey, ret_public, &len) == 1);
    CHECK(len == SIGN_PUBLIC_LEN);
}

/* OpenSSL would ask on the terminal for an encrypted key's password. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* Read a small private file. Returns: its length, -1 with ret_fault set. */
static ssize_t read_private(const char *path, char buffer[PEM_LEN_MAX], struct fault *ret_fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    ssize_t got = -1;

    if (fd < 0 || fstat(fd, &status) != 0) {
        (void)fault_set_errno(ret_fault, errno, "cannot open the key %s", path);
    } else if (!S_ISREG(status.st_mode)) {
        (void)fault_set(ret_fault, FAULT_CRYPTO, "%s is not a regular file", path);
    } else if ((status.st_mode & 077) != 0) {
        (void)fault_set(ret_fault, FAULT_CRYPTO,
                        "the key %s may be read by others than its owner: chmod 600 it, and "
                        "replace it if others may have read it",
                        path);
    } else if (status.st_size > PEM_LEN_MAX) {
        (void)fault_set(ret_fault, FAULT_CRYPTO, "%s is too long for a key", path);
    } else {
        got = read(fd, buffer, PEM_LEN_MAX);
        if (got < 0) {
            (void)fault_set_errno(ret_fault, errno, "cannot read the key %s", path);
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return got;
}

struct sign_key *sign_key_load(const char *path, struct fault *ret_fault)
{
    char text[PEM_LEN_MAX];
    ssize_t len = read_private(path, text, ret_fault);
    EVP_PKEY *pkey;
    BIO *bio;

    if (len < 0) {
        return NULL;
    }
    bio = BIO_new_mem_buf(text, (int)len);
    CHECK(bio != NULL);
    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    OPENSSL_cleanse(text, sizeof text);
    if (pkey == NULL) {
        (void)fault_set(ret_fault, FAULT_CRYPTO,
                        "%s is not a private key in PKCS#8 PEM without a password", path);
        return NULL;
    }
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(pkey);
        (void)fault_set(ret_fault, FAULT_CRYPTO, "%s is not an Ed25519 key", path);
        return NULL;
    }
    return wrap(pkey);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

/* Make the name of a new file durable. */
static bool sync_folder_of(const char *path)
{
    char folder[PATH_LEN_MAX + 1];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);

    memcpy(folder, path, len);
    folder[len] = '\0';
    if (len == 0) {
        memcpy(folder, slash == NULL ? "." : "/", 2);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

static bool write_private(const char *path, const char *bytes, size_t len, struct fault *ret_fault)
{
    char fresh[PATH_LEN_MAX + 1];
    int printed = snprintf(fresh, sizeof fresh, "%s.new", path);
    bool good;
    int fd;

    if (printed < 0 || (size_t)printed >= sizeof fresh) {
        return fault_set(ret_fault, FAULT_LIMIT, "the key's path is too long");
    }
    (void)unlink(fresh); /* what a crash left half-written */
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fault_set_errno(ret_fault, errno, "cannot write the key %s", fresh);
    }
    good = write_all(fd, bytes, len) && fsync(fd) == 0;
    good = close(fd) == 0 && good;
    good = good && renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) == 0;
    good = good && sync_folder_of(path);
    if (!good) {
        int error = errno;
        (void)unlink(fresh);
        return fault_set_errno(ret_fault, error, "cannot write the key %s", path);
    }
    return true;
}

bool sign_key_save(const struct sign_key *key, const char *path, struct fault *ret_fault)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *text = NULL;
    bool good;

    CHECK(bio != NULL);
    CHECK(PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1);
    long len = BIO_get_mem_data(bio, &text);
    CHECK(len > 0 && len <= PEM_LEN_MAX);
    good = write_private(path, text, (size_t)len, ret_fault);
    OPENSSL_cleanse(text, (size_t)len);
    BIO_free(bio);
    return good;
}
