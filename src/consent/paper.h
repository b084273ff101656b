/* paper.h - a signed text as a PDF: A4, Chinese, page numbers, a QR code that leads to its check.
 *
 * The same Paper gives the same bytes: the only time in it is made_ms. Works on any thread, takes
 * tens of milliseconds a page. Needs a Chinese font (fonts-noto-cjk).
 */
#ifndef CONSENT_PAPER_H
#define CONSENT_PAPER_H

#include "base/base.h"

typedef struct PaperRow {
    Str label;
    Str value;
} PaperRow;

typedef struct Paper {
    Str head;  /* Small, on top of every page: whose paper it is. */
    Str title; /* Large. */
    Str subtitle;
    Str number; /* In the foot of every page. */
    const PaperRow *parties;
    size_t party_count;
    Str text;              /* Paragraphs, a line each. */
    const PaperRow *marks; /* Below the text: signer, time, hashes. */
    size_t mark_count;
    Str link; /* What the QR code says. */
    Str note; /* Beside it. */
    i64 made_ms;
} Paper;

/* The PDF's bytes, in cx->arena. ERR_IO consent.no_font, consent.no_paper. */
NODISCARD Err paper_write(Cx *cx, const Paper *paper, Str *ret_pdf, i64 *ret_pages);

#endif
