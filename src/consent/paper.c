/* Laying out and drawing a paper: blocks first, then lines onto pages, once to count, once to draw.
 */
#include "consent/paper.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

/* Points; A4 is 210 by 297 mm. */
static const double PAGE_W = 595.276, PAGE_H = 841.89, SIDE = 62, TOP = 84, BOTTOM = 78;
static const double QR_SIDE = 84, LABEL_W = 108, NOTE_GAP = 14;
enum { BLOCKS_MAX = 400 };

/* For a build with the leak checker: it cannot see fontconfig's caches, and cairo 1.16 forgets
 * three small arrays of each PDF. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libcairo\n";
}

typedef struct Ink {
    double r, g, b;
} Ink;
static const Ink ink_text = {0.11, 0.14, 0.20}, ink_quiet = {0.38, 0.41, 0.46};
static const Ink ink_seal = {0.70, 0.16, 0.14};

/* A run of text at a place across the page; lines flow down and over pages. */
typedef struct Block {
    PangoLayout *label; /* Left of it; NULL: none. */
    PangoLayout *layout;
    double x, before; /* From the left edge; the gap above it. */
    Ink ink;
} Block;

typedef struct Sheet {
    Arena *arena;
    cairo_t *cairo;
    const Paper *paper;
    Block blocks[BLOCKS_MAX];
    size_t count;
    double y;
    int page, pages;
    bool draws;
} Sheet;

static cairo_status_t add_bytes(void *closure, const unsigned char *bytes, unsigned count)
{
    buf_add(closure, (Str){(const char *)bytes, count});
    return CAIRO_STATUS_SUCCESS;
}

static PangoLayout *layout_of(Sheet *sheet, Str text, const char *font, double width)
{
    PangoLayout *layout = pango_cairo_create_layout(sheet->cairo);
    PangoFontDescription *face = pango_font_description_from_string(font);
    pango_layout_set_font_description(layout, face);
    pango_font_description_free(face);
    pango_layout_set_text(layout, text.data, (int)text.len);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_spacing(layout, 3 * PANGO_SCALE);
    return layout;
}

static Block *add_block(Sheet *sheet, Str text, const char *font, double x, double before, Ink ink)
{
    assert(sheet->count < BLOCKS_MAX);
    Block *block = &sheet->blocks[sheet->count++];
    *block = (Block){.layout = layout_of(sheet, text, font, PAGE_W - SIDE - x),
                     .x = x,
                     .before = before,
                     .ink = ink};
    return block;
}

static void add_rows(Sheet *sheet, const PaperRow *rows, size_t count)
{
    for (size_t i = 0; i < count && sheet->count < BLOCKS_MAX; i++) {
        Block *block = add_block(sheet, rows[i].value, "Noto Sans CJK SC 10", SIDE + LABEL_W,
                                 i ? 4 : 16, ink_text);
        block->label = layout_of(sheet, rows[i].label, "Noto Sans CJK SC 10", LABEL_W - 8);
    }
}

/* Chinese paragraphs begin two characters in. */
static void add_text(Sheet *sheet)
{
    Str rest = sheet->paper->text, line;
    double before = 16;
    while (str_split(&rest, '\n', &line) && sheet->count < BLOCKS_MAX - 40) {
        if (!str_trim(line).len)
            continue;
        Block *block =
            add_block(sheet, str_trim(line), "Noto Serif CJK SC 10.5", SIDE, before, ink_text);
        pango_layout_set_indent(block->layout, 21 * PANGO_SCALE);
        pango_layout_set_spacing(block->layout, 4 * PANGO_SCALE);
        pango_layout_set_justify(block->layout, FALSE);
        before = 7;
    }
}

static void add_blocks(Sheet *sheet)
{
    const Paper *paper = sheet->paper;
    Block *title = add_block(sheet, paper->title, "Noto Sans CJK SC Bold 17", SIDE, 6, ink_text);
    pango_layout_set_alignment(title->layout, PANGO_ALIGN_CENTER);
    Block *sub = add_block(sheet, paper->subtitle, "Noto Sans CJK SC 10", SIDE, 4, ink_quiet);
    pango_layout_set_alignment(sub->layout, PANGO_ALIGN_CENTER);
    add_rows(sheet, paper->parties, paper->party_count);
    add_text(sheet);
    add_rows(sheet, paper->marks, paper->mark_count);
}

static void set_ink(Sheet *sheet, Ink ink)
{
    cairo_set_source_rgb(sheet->cairo, ink.r, ink.g, ink.b);
}

static void draw_small(Sheet *sheet, Str text, double x, double y, PangoAlignment side)
{
    PangoLayout *layout = layout_of(sheet, text, "Noto Sans CJK SC 8.5", PAGE_W - 2 * SIDE);
    pango_layout_set_alignment(layout, side);
    cairo_move_to(sheet->cairo, x, y);
    pango_cairo_show_layout(sheet->cairo, layout);
    g_object_unref(layout);
}

static void draw_frame(Sheet *sheet)
{
    const Str of[] = {str_format(sheet->arena, "%d", sheet->page),
                      str_format(sheet->arena, "%d", sheet->pages)};
    Str page = text_say(sheet->arena, LANG_ZH, "paper.page_of", of, COUNT(of));
    set_ink(sheet, ink_quiet);
    draw_small(sheet, sheet->paper->head, SIDE, 40, PANGO_ALIGN_LEFT);
    draw_small(sheet, sheet->paper->number, SIDE, PAGE_H - 54, PANGO_ALIGN_LEFT);
    draw_small(sheet, page, SIDE, PAGE_H - 54, PANGO_ALIGN_RIGHT);
    set_ink(sheet, ink_seal);
    cairo_rectangle(sheet->cairo, SIDE, 58, PAGE_W - 2 * SIDE, 1.2);
    cairo_fill(sheet->cairo);
}

static void begin_page(Sheet *sheet)
{
    sheet->page++;
    sheet->y = TOP;
    if (sheet->draws)
        draw_frame(sheet);
}

/* Makes sure that `height` fits below; a new page when it does not. */
static void need_room(Sheet *sheet, double height)
{
    if (sheet->page && sheet->y + height <= PAGE_H - BOTTOM)
        return;
    if (sheet->page && sheet->draws)
        cairo_show_page(sheet->cairo);
    begin_page(sheet);
}

static void put_label(Sheet *sheet, const Block *block)
{
    if (!block->label || !sheet->draws)
        return;
    set_ink(sheet, ink_quiet);
    cairo_move_to(sheet->cairo, SIDE, sheet->y);
    pango_cairo_show_layout(sheet->cairo, block->label);
}

/* Line by line, so that a long paragraph goes over the edge of a page. */
static void put_block(Sheet *sheet, const Block *block)
{
    PangoLayoutIter *iter = pango_layout_get_iter(block->layout);
    bool first = true;
    if (sheet->page && sheet->y > TOP)
        sheet->y += block->before;
    do {
        PangoRectangle box;
        int from, to;
        pango_layout_iter_get_line_extents(iter, NULL, &box);
        pango_layout_iter_get_line_yrange(iter, &from, &to);
        double height = (to - from) / (double)PANGO_SCALE;
        need_room(sheet, height);
        if (first)
            put_label(sheet, block);
        first = false;
        if (sheet->draws) {
            double base = (pango_layout_iter_get_baseline(iter) - from) / (double)PANGO_SCALE;
            set_ink(sheet, block->ink);
            cairo_move_to(sheet->cairo, block->x + box.x / (double)PANGO_SCALE, sheet->y + base);
            pango_cairo_show_layout_line(sheet->cairo, pango_layout_iter_get_line_readonly(iter));
        }
        sheet->y += height;
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
}

static bool draw_code(Sheet *sheet, double x, double y)
{
    Str link = sheet->paper->link;
    QRcode *code =
        QRcode_encodeData((int)link.len, (const unsigned char *)link.data, 0, QR_ECLEVEL_M);
    if (!code)
        return false;
    double cell = QR_SIDE / code->width;
    set_ink(sheet, ink_text);
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++)
            if (code->data[row * code->width + column] & 1)
                cairo_rectangle(sheet->cairo, x + cell * column, y + cell * row, cell, cell);
    cairo_fill(sheet->cairo);
    QRcode_free(code);
    return true;
}

static bool put_code(Sheet *sheet)
{
    sheet->y += 18;
    need_room(sheet, QR_SIDE);
    if (!sheet->draws)
        return true;
    PangoLayout *note = layout_of(sheet, sheet->paper->note, "Noto Sans CJK SC 9",
                                  PAGE_W - 2 * SIDE - QR_SIDE - NOTE_GAP);
    set_ink(sheet, ink_quiet);
    cairo_move_to(sheet->cairo, SIDE + QR_SIDE + NOTE_GAP, sheet->y);
    pango_cairo_show_layout(sheet->cairo, note);
    g_object_unref(note);
    return draw_code(sheet, SIDE, sheet->y);
}

static bool walk(Sheet *sheet, bool draws)
{
    sheet->draws = draws;
    sheet->page = 0;
    for (size_t i = 0; i < sheet->count; i++)
        put_block(sheet, &sheet->blocks[i]);
    return put_code(sheet);
}

static void free_blocks(Sheet *sheet)
{
    for (size_t i = 0; i < sheet->count; i++) {
        g_object_unref(sheet->blocks[i].layout);
        if (sheet->blocks[i].label)
            g_object_unref(sheet->blocks[i].label);
    }
}

/* Without a Chinese font the paper would be a row of boxes. A rare sign in a name is no reason. */
static bool has_font(const Sheet *sheet)
{
    return pango_layout_get_unknown_glyphs_count(sheet->blocks[0].layout) == 0;
}

static void set_metadata(cairo_surface_t *surface, Cx *cx, const Paper *paper)
{
    Str made = time_format_iso(cx->arena, paper->made_ms); /* 2026-07-20T01:30:15.123Z */
    made = str_format(cx->arena, "%.*sZ", 19, made.data);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
                                   str_z(cx->arena, paper->title));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR,
                                   str_z(cx->arena, paper->head));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT,
                                   str_z(cx->arena, paper->number));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, str_z(cx->arena, made));
}

Err paper_write(Cx *cx, const Paper *paper, Str *ret_pdf, i64 *ret_pages)
{
    Buf out = buf_new(cx->arena);
    Sheet *sheet = ARENA_NEW(cx->arena, Sheet, 1);
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(add_bytes, &out, PAGE_W, PAGE_H);
    set_metadata(surface, cx, paper);
    sheet->arena = cx->arena;
    sheet->cairo = cairo_create(surface);
    sheet->paper = paper;
    add_blocks(sheet);
    bool font = has_font(sheet);
    bool ok = font && walk(sheet, false);
    sheet->pages = sheet->page;
    ok = ok && walk(sheet, true);
    free_blocks(sheet);
    cairo_show_page(sheet->cairo);
    cairo_destroy(sheet->cairo);
    cairo_surface_finish(surface);
    ok = ok && cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(surface);
    if (!ok)
        return err_set(cx, ERR_IO, NULL, font ? "consent.no_paper" : "consent.no_font");
    *ret_pdf = buf_str(&out);
    *ret_pages = sheet->pages;
    return ERR_OK;
}
