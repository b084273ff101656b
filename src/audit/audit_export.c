/* Taking lines away as a file: streamed, counted, hashed, and itself on record. */
#include "audit/audit_int.h"

#include "base/openssl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXPORT_AT_ONCE = 200 };

typedef struct Export {
    Cx *cx;
    FILE *file;
    EVP_MD_CTX *hash;
    bool csv;
    i64 count;
    i64 bytes;
    bool ok;
} Export;

char *export_path(Cx *cx, Str name)
{
    Str path = str_format(cx->arena, "%.*s/exports/%.*s", STR_ARG(house_of(cx)->data_folder),
                          STR_ARG(name));
    return str_z(cx->arena, path);
}

static void put(Export *export, Str bytes)
{
    export->ok = export->ok && fwrite(bytes.data, 1, bytes.len, export->file) == bytes.len &&
                 EVP_DigestUpdate(export->hash, bytes.data, bytes.len);
    export->bytes += (i64)bytes.len;
}

/* Quoted; what a spreadsheet would run as a formula is made text. */
static void csv_text(Buf *out, Str text)
{
    bool formula = text.len && strchr("=+-@\t\r", text.data[0]) != NULL;
    buf_z(out, formula ? "\"'" : "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            buf_char(out, '"');
        buf_char(out, text.data[i]);
    }
    buf_char(out, '"');
}

static void csv_cell(Cx *cx, Buf *out, const Val *val)
{
    if (val->kind == VAL_INT) {
        buf_i64(out, val->i);
    } else if (val->kind == VAL_STR) {
        csv_text(out, val->s);
    } else {
        Buf inner = buf_new(cx->arena);
        val_write_json(&inner, val);
        csv_text(out, buf_str(&inner));
    }
}

/* One row; the first one of a CSV brings the names of the columns. */
static void put_row(Export *export, const Val *row)
{
    Cx *cx = export->cx;
    Buf out = buf_new(cx->arena);
    if (!export->csv) {
        val_write_json(&out, row);
        buf_char(&out, '\n');
    } else {
        if (!export->count) {
            buf_z(&out, "\xef\xbb\xbf"); /* Without it Excel takes UTF-8 for the local code page. */
            for (size_t i = 0; i < val_count(row); i++)
                buf_format(&out, "%s%.*s", i ? "," : "", STR_ARG(row->list.items[i].key));
            buf_z(&out, "\r\n");
        }
        for (size_t i = 0; i < val_count(row); i++) {
            buf_z(&out, i ? "," : "");
            csv_cell(cx, &out, row->list.items[i].val);
        }
        buf_z(&out, "\r\n");
    }
    put(export, buf_str(&out));
    export->count++;
}

/* Page after page of what audit.search replies. */
static Err put_all(Export *export, const FindIn *in)
{
    Cx *cx = export->cx;
    FindIn find = *in;
    Err e = ERR_OK;
    find.limit = EXPORT_AT_ONCE;
    for (bool more = true; !e && more;) {
        ArenaMark mark = arena_mark(cx->arena);
        Val *reply = NULL;
        e = audit_search_run(cx, &find, &reply);
        for (size_t i = 0; !e && i < val_count(val_get(reply, "items")); i++) {
            Val *row = val_at(val_get(reply, "items"), i);
            val_set_str(cx->arena, row, "time",
                        time_format_full(cx->arena, val_get_int(row, "at_ms")));
            put_row(export, row);
        }
        find.before = e ? 0 : val_get_int(reply, "next");
        more = find.before && export->count < AUDIT_EXPORT_MAX && export->ok;
        if (!e)
            arena_rewind(cx->arena, mark);
    }
    return e;
}

static Err write_file(Cx *cx, const FindIn *in, const char *path, AuditExport *row)
{
    u8 digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    Export export = {.cx = cx, .csv = str_same(in->format, S("csv")), .hash = EVP_MD_CTX_new()};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    export.file = fd >= 0 ? fdopen(fd, "w") : NULL;
    export.ok = export.file && export.hash && EVP_DigestInit_ex(export.hash, EVP_sha256(), NULL);
    Err e = export.ok ? put_all(&export, in) : ERR_OK;
    bool wrote = export.ok && EVP_DigestFinal_ex(export.hash, digest, &len) &&
                 fflush(export.file) == 0 && fsync(fileno(export.file)) == 0;
    EVP_MD_CTX_free(export.hash);
    if (export.file)
        fclose(export.file);
    if (!e && !wrote)
        e = err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", row->name);
    if (e) {
        unlink(path);
        return e;
    }
    row->count = export.count;
    row->bytes = export.bytes;
    row->sha256 = hex_from(cx->arena, digest, len);
    return ERR_OK;
}

static Err record_job(Cx *cx, void *arg)
{
    AuditExport *row = arg;
    return fact_create(cx, &audit_export_type, row,
                       (FactNote){.kind = "audit.exported",
                                  .amount = row->count,
                                  .code = str_z(cx->arena, row->sha256)});
}

Err audit_export_run(Cx *cx, const void *arg, Val **ret)
{
    const FindIn *in = arg;
    const Op *op = op_find(house_of(cx), S("audit.export"));
    AuditExport row = {
        .account_id = cx->actor.account_id,
        .tab = in->tab.len ? in->tab : S("views"),
        .format = in->format,
        .asked = op_input_text(cx, op, in),
        .name = str_format(cx->arena, "audit-%.*s.%.*s",
                           STR_ARG(chance_token(cx->chance, cx->arena, 12)), STR_ARG(in->format)),
    };
    char *path = export_path(cx, row.name);
    if (mkdir(export_path(cx, S("")), 0700) != 0 && errno != EEXIST)
        return err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", S("exports"));
    Err e = write_file(cx, in, path, &row);
    if (e)
        return e;
    e = writer_run(house_of(cx)->writer, cx, record_job, &row);
    if (e) {
        unlink(path);
        return e;
    }
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", row.id);
    val_set_str(cx->arena, *ret, "file", str_format(cx->arena, "exports/%.*s", STR_ARG(row.name)));
    val_set_str(cx->arena, *ret, "href",
                str_format(cx->arena, "/audit/export/%lld", (long long)row.id));
    val_set_int(cx->arena, *ret, "count", row.count);
    val_set_int(cx->arena, *ret, "bytes", row.bytes);
    val_set_str(cx->arena, *ret, "sha256", row.sha256);
    return ERR_OK;
}

Err exports_drop(Cx *cx, i64 *ret_count)
{
    enum { AT_ONCE = 50 };
    Rows rows;
    AuditExport *old = ARENA_NEW(cx->arena, AuditExport, AT_ONCE);
    size_t count = 0;
    i64 before_ms = clock_now_ms(cx->clock) - (i64)AUDIT_EXPORT_DAYS * 24 * 3600 * 1000;
    Err e = RECORD_QUERY(cx, &audit_export_type, &rows,
                         "WHERE gone_ms = 0 AND made_ms < ?1 ORDER BY id LIMIT ?2",
                         BIND_INT(before_ms), BIND_INT(AT_ONCE));
    if (e)
        return e;
    while (count < AT_ONCE && rows_next(&rows))
        record_read_row(cx, &audit_export_type, &rows, &old[count++]);
    e = rows_end(&rows);
    for (size_t i = 0; !e && i < count; i++) {
        if (unlink(export_path(cx, old[i].name)) != 0 && errno != ENOENT)
            return err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", old[i].name);
        old[i].gone_ms = clock_now_ms(cx->clock);
        e = fact_change(cx, &audit_export_type, &old[i],
                        (FactNote){.kind = "audit.dropped", .amount = old[i].count});
    }
    if (!e)
        *ret_count += (i64)count;
    return e;
}
