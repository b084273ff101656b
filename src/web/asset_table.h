/* asset_table.h - what the program carries: static files and page templates.
 *
 * The tables are made by tools/embed, while building, from ui/static, ui/pages and the front's
 * libraries. asset_find(asset_table, asset_table_count, path) finds a file.
 */
#ifndef WEB_ASSET_TABLE_H
#define WEB_ASSET_TABLE_H

#include "web/server_asset.h"
#include "web/template.h"

/* Sorted by path: "app.css" is ui/static/app.css, "lib/htmx.min.js" a library. One empty row after
 * the last. */
extern const Asset asset_table[];
extern const size_t asset_table_count;

/* For templates_init. One empty row after the last. */
extern const TemplateSource page_sources[];
extern const size_t page_source_count;

#endif
