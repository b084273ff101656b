/* sheet_xml.c - one XML file out of a zip, unpacked and parsed piece by piece.
 *
 * Everything in it may be hostile. expat keeps every open element, every name it ever met and every
 * unfinished tag in memory, so depth, names and tags are counted here; document types, and with
 * them entities, are refused; unpacked bytes are held against the packed ones as they come.
 */
#include "exchange/sheet_int.h"

#include <string.h>

enum {
    PIECE_BYTES = 64 * 1024,
    NAME_SLOTS = 4096, /* Power of two, well over SHEET_XML_NAMES_MAX. */
};

const char *sheet_xml_local(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *sheet_xml_attribute(const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcmp(attributes[i], name) == 0)
            return attributes[i + 1];
    return NULL;
}

static void stop(SheetXml *xml)
{
    if (!xml->paused)
        XML_StopParser(xml->parser, XML_FALSE);
}

static void stop_damaged(SheetXml *xml, Str why)
{
    sheet_fail(xml->reader, ERR_INPUT, "sheet.damaged",
               str_format(&xml->reader->own, "%s: %.*s", xml->part, STR_ARG(why)));
    stop(xml);
}

static bool note_name(SheetXml *xml, const char *name)
{
    u64 hash = xml->reader->seed ^ 0x9e3779b97f4a7c15u;
    for (; *name; name++) {
        hash = (hash ^ (u8)*name) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    hash |= 1; /* 0 marks a free slot. */
    size_t slot = (size_t)(hash >> 20) % NAME_SLOTS;
    while (xml->names[slot] && xml->names[slot] != hash)
        slot = (slot + 1) % NAME_SLOTS;
    if (!xml->names[slot]) {
        xml->names[slot] = hash;
        xml->name_count++;
    }
    return xml->name_count <= SHEET_XML_NAMES_MAX;
}

static void XMLCALL on_start(void *user, const char *name, const char **attributes)
{
    SheetXml *xml = user;
    bool names_fine = note_name(xml, name);
    for (size_t i = 0; names_fine && attributes[i]; i += 2)
        names_fine = note_name(xml, attributes[i]);
    if (!names_fine)
        stop_damaged(xml, S("too many names"));
    else if (++xml->depth > SHEET_XML_DEPTH_MAX)
        stop_damaged(xml, S("nested too deeply"));
    else if (xml->reader->fail.code == ERR_OK)
        xml->start(xml->user, sheet_xml_local(name), attributes);
    if (xml->reader->fail.code != ERR_OK)
        stop(xml);
}

static void XMLCALL on_end(void *user, const char *name)
{
    SheetXml *xml = user;
    xml->depth--;
    if (xml->reader->fail.code == ERR_OK && xml->end)
        xml->end(xml->user, sheet_xml_local(name));
    if (xml->reader->fail.code != ERR_OK)
        stop(xml);
}

static void XMLCALL on_text(void *user, const char *data, int len)
{
    SheetXml *xml = user;
    if (xml->reader->fail.code == ERR_OK && xml->text)
        xml->text(xml->user, data, (size_t)len);
    if (xml->reader->fail.code != ERR_OK)
        stop(xml);
}

static void XMLCALL on_doctype(void *user, const char *name, const char *system_id,
                               const char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    SheetXml *xml = user;
    sheet_fail(xml->reader, ERR_INPUT, "sheet.dtd", str_from(xml->part));
    stop(xml);
}

static bool fail_zip(SheetXml *xml, int code)
{
    if (code == ZIP_ER_NOPASSWD || code == ZIP_ER_WRONGPASSWD)
        return sheet_fail(xml->reader, ERR_INPUT, "sheet.encrypted", str_from(xml->part));
    if (code == ZIP_ER_EOF || code == ZIP_ER_READ || code == ZIP_ER_SEEK)
        return sheet_fail(xml->reader, ERR_INPUT, "sheet.truncated", str_from(xml->part));
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    Str why = str_copy(&xml->reader->own, str_from(zip_error_strerror(&error)));
    zip_error_fini(&error);
    stop_damaged(xml, why);
    return false;
}

static bool open_packed(SheetXml *xml, bool *ret_found)
{
    const zip_flags_t flags = ZIP_FL_NOCASE | ZIP_FL_ENC_GUESS;
    zip_int64_t at = zip_name_locate(xml->zip, xml->part, flags);
    *ret_found = at >= 0;
    if (at < 0)
        return true;
    zip_stat_t stat;
    if (zip_stat_index(xml->zip, (zip_uint64_t)at, 0, &stat) != 0)
        return fail_zip(xml, zip_error_code_zip(zip_get_error(xml->zip)));
    if (stat.encryption_method != ZIP_EM_NONE)
        return fail_zip(xml, ZIP_ER_NOPASSWD);
    if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
        return fail_zip(xml, ZIP_ER_COMPNOTSUPP);
    xml->packed = stat.comp_size;
    xml->file = zip_fopen_index(xml->zip, (zip_uint64_t)at, 0);
    if (!xml->file)
        return fail_zip(xml, zip_error_code_zip(zip_get_error(xml->zip)));
    return true;
}

bool sheet_xml_open(SheetXml *xml, bool *ret_found)
{
    assert(xml->start && xml->unpacked_total && !xml->parser);
    xml->parser = XML_ParserCreate(NULL);
    if (!xml->parser)
        return sheet_fail(xml->reader, ERR_IO, "sheet.unreadable", S("expat"));
    xml->names = ARENA_NEW(&xml->reader->own, u64, NAME_SLOTS);
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    bool fine = open_packed(xml, ret_found);
    if (!fine || !*ret_found)
        sheet_xml_close(xml);
    return fine;
}

void sheet_xml_pause(SheetXml *xml)
{
    xml->paused = true;
    XML_StopParser(xml->parser, XML_TRUE);
}

/* A tag that does not end would be kept and looked at again with every piece. */
static bool check_token(SheetXml *xml)
{
    XML_Index done = XML_GetCurrentByteIndex(xml->parser);
    if (done >= 0 && xml->unpacked > (u64)done &&
        xml->unpacked - (u64)done > SHEET_XML_TOKEN_BYTES_MAX)
        stop_damaged(xml, S("a tag without end"));
    return xml->reader->fail.code == ERR_OK;
}

static bool check_result(SheetXml *xml, enum XML_Status status)
{
    if (xml->reader->fail.code != ERR_OK)
        return false;
    if (status == XML_STATUS_ERROR) {
        stop_damaged(xml, str_from(XML_ErrorString(XML_GetErrorCode(xml->parser))));
        return false;
    }
    return true;
}

static bool check_bomb(SheetXml *xml, u64 more)
{
    xml->unpacked += more;
    *xml->unpacked_total += more;
    bool dense =
        xml->unpacked > SHEET_RATIO_FREE_BYTES && xml->unpacked / SHEET_RATIO_MAX > xml->packed;
    if (dense || *xml->unpacked_total > SHEET_UNPACKED_BYTES_MAX)
        return sheet_fail(xml->reader, ERR_LIMIT, "sheet.bomb", str_from(xml->part));
    return true;
}

static bool parse_piece(SheetXml *xml)
{
    void *buffer = XML_GetBuffer(xml->parser, PIECE_BYTES);
    if (!buffer)
        return sheet_fail(xml->reader, ERR_IO, "sheet.unreadable", S("expat"));
    zip_int64_t got = zip_fread(xml->file, buffer, PIECE_BYTES);
    if (got < 0)
        return fail_zip(xml, zip_error_code_zip(zip_file_get_error(xml->file)));
    if (!check_bomb(xml, (u64)got))
        return false;
    xml->at_end = got == 0;
    return check_result(xml, XML_ParseBuffer(xml->parser, (int)got, got == 0)) && check_token(xml);
}

bool sheet_xml_run(SheetXml *xml)
{
    if (xml->paused) {
        xml->paused = false;
        if (!check_result(xml, XML_ResumeParser(xml->parser)))
            return false;
    }
    while (!xml->paused && !xml->at_end)
        if (!parse_piece(xml))
            return false;
    return true;
}

void sheet_xml_close(SheetXml *xml)
{
    if (xml->file)
        zip_fclose(xml->file);
    if (xml->parser)
        XML_ParserFree(xml->parser);
    xml->file = NULL;
    xml->parser = NULL;
}
