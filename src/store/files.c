#include "base/openssl.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_BYTES = FILE_HASH_HEX / 2, FOLDER_MODE = 0750, FILE_MODE = 0440 };

struct FileSink {
    Str root;
    char *path; /* Of the half file, in root. */
    int fd;     /* -1 once it is kept or dropped. */
    EVP_MD_CTX *digest;
    i64 bytes;
};

static Err files_fail(Cx *cx, const char *what)
{
    log_line(LOG_ERROR_LEVEL, "files.failed", "call", what, "said", strerror(errno), NULL);
    return err_set(cx, ERR_IO, NULL, "store.file_failed");
}

static bool folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

/* Makes one folder and syncs the one it lies in, so that it is there after a crash. */
static bool folder_make(Arena *arena, const char *path)
{
    if (mkdir(path, FOLDER_MODE) != 0)
        return errno == EEXIST;
    const char *slash = strrchr(path, '/');
    if (!slash)
        return folder_sync(".");
    size_t len = slash == path ? 1 : (size_t)(slash - path);
    return folder_sync(str_z(arena, (Str){path, len}));
}

static bool folders_make(Arena *arena, Str path)
{
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.data[i] != '/')
            continue;
        if (!folder_make(arena, str_z(arena, str_slice(path, 0, i))))
            return false;
    }
    return true;
}

void files_drop(FileSink *sink)
{
    if (!sink || sink->fd < 0)
        return;
    close(sink->fd);
    sink->fd = -1;
    unlink(sink->path);
    EVP_MD_CTX_free(sink->digest);
    sink->digest = NULL;
}

Err files_begin(Cx *cx, Str root, FileSink **ret)
{
    while (root.len > 1 && root.data[root.len - 1] == '/')
        root.len--;
    if (root.len == 0 || !folders_make(cx->arena, root))
        return files_fail(cx, "mkdir");
    FileSink *sink = ARENA_NEW(cx->arena, FileSink, 1);
    sink->root = str_copy(cx->arena, root);
    sink->path = str_z(cx->arena, str_format(cx->arena, "%.*s/half-XXXXXX", STR_ARG(root)));
    sink->fd = mkostemp(sink->path, O_CLOEXEC);
    if (sink->fd < 0)
        return files_fail(cx, "mkostemp");
    sink->digest = EVP_MD_CTX_new();
    if (!sink->digest || EVP_DigestInit_ex(sink->digest, EVP_sha256(), NULL) != 1) {
        files_drop(sink);
        return files_fail(cx, "digest");
    }
    *ret = sink;
    return ERR_OK;
}

static bool write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

/* A failed sink is dropped at once; dropping it again does no harm. */
Err files_add(Cx *cx, FileSink *sink, const void *bytes, size_t count)
{
    if (sink->fd < 0) {
        errno = EBADF;
        return files_fail(cx, "write");
    }
    if (count > (size_t)(FILES_BYTES_MAX - sink->bytes)) {
        files_drop(sink);
        return err_set(cx, ERR_LIMIT, NULL, "store.file_too_long");
    }
    if (!write_all(sink->fd, bytes, count) || EVP_DigestUpdate(sink->digest, bytes, count) != 1) {
        Err e = files_fail(cx, "write");
        files_drop(sink);
        return e;
    }
    sink->bytes += (i64)count;
    return ERR_OK;
}

static char *hash_folder(Arena *arena, Str root, Str hash)
{
    return str_z(arena, str_format(arena, "%.*s/%.*s", STR_ARG(root), 2, hash.data));
}

static char *hash_path(Arena *arena, Str root, Str hash)
{
    return str_z(arena, str_format(arena, "%.*s/%.*s/%.*s", STR_ARG(root), 2, hash.data,
                                   FILE_HASH_HEX - 2, hash.data + 2));
}

/* Puts the synced half file in its place, or drops it when the content is there already. */
static bool sink_place(Arena *arena, FileSink *sink, Str hash)
{
    char *folder = hash_folder(arena, sink->root, hash);
    char *path = hash_path(arena, sink->root, hash);
    if (!folder_make(arena, folder))
        return false;
    struct stat found;
    bool there = stat(path, &found) == 0 && S_ISREG(found.st_mode) && found.st_size == sink->bytes;
    if (there ? unlink(sink->path) != 0 : rename(sink->path, path) != 0)
        return false;
    return folder_sync(folder); /* Also when there: who placed it may not have come this far. */
}

Err files_keep(Cx *cx, FileSink *sink, Str *ret_hash, i64 *ret_bytes)
{
    if (sink->fd < 0) {
        errno = EBADF;
        return files_fail(cx, "keep");
    }
    u8 digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool ok = EVP_DigestFinal_ex(sink->digest, digest, &len) == 1 && len == HASH_BYTES &&
              fchmod(sink->fd, FILE_MODE) == 0 && fsync(sink->fd) == 0;
    if (!ok) {
        Err e = files_fail(cx, "fsync");
        files_drop(sink);
        return e;
    }
    Str hash = hex_from(cx->arena, digest, HASH_BYTES);
    if (!sink_place(cx->arena, sink, hash)) {
        Err e = files_fail(cx, "rename");
        files_drop(sink);
        return e;
    }
    close(sink->fd);
    sink->fd = -1;
    EVP_MD_CTX_free(sink->digest);
    sink->digest = NULL;
    *ret_hash = hash;
    *ret_bytes = sink->bytes;
    return ERR_OK;
}

static bool hash_valid(Str hash)
{
    if (hash.len != FILE_HASH_HEX)
        return false;
    for (size_t i = 0; i < hash.len; i++) {
        char c = hash.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

Err files_scratch(Cx *cx, Str root, FILE **ret)
{
    if (!folders_make(cx->arena, root))
        return files_fail(cx, "mkdir");
    char *path = str_z(cx->arena, str_format(cx->arena, "%.*s/half-XXXXXX", STR_ARG(root)));
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return files_fail(cx, "mkostemp");
    unlink(path);
    FILE *file = fdopen(fd, "w+");
    if (!file) {
        close(fd);
        return files_fail(cx, "fdopen");
    }
    *ret = file;
    return ERR_OK;
}

Err files_path(Cx *cx, Str root, Str hash, char **ret_path)
{
    if (!hash_valid(hash))
        return err_set(cx, ERR_INPUT, "hash", "store.file_bad_hash");
    char *path = hash_path(cx->arena, root, hash);
    struct stat found;
    if (stat(path, &found) != 0 || !S_ISREG(found.st_mode))
        return err_set(cx, ERR_MISSING, "hash", "store.file_missing");
    *ret_path = path;
    return ERR_OK;
}
