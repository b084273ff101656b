/* The inbox, and how pushes come. */
#include "web/page_int.h"

#include "notify/notify.h"

/* The title of what a message is about, read as its reader; '' when it is gone or not his. */
static Err title_of(PageCx *page, Str about, i64 id, Str *ret)
{
    Cx *cx = page->cx;
    Val *reply = NULL;
    char *name = str_z(cx->arena, str_format(cx->arena, "%.*s.show", STR_ARG(about)));
    const NameText text = {S("id"), str_format(cx->arena, "%lld", (long long)id)};
    *ret = S("");
    if (!about.len || !id || !op_find(house_of(cx), str_from(name)))
        return ERR_OK;
    Err e = page_ask(page, name, &text, 1, &reply);
    if (e == ERR_MISSING || e == ERR_DENIED) {
        err_clear(cx);
        return ERR_OK;
    }
    if (e)
        return e;
    Str title = val_get_str(reply, "title");
    *ret = title.len ? title : val_get_str(val_get_key(reply, about), "title");
    return ERR_OK;
}

static Err shape_message(PageCx *page, Val *row)
{
    Arena *arena = page->cx->arena;
    Str about = val_get_str(row, "about"), state = val_get_str(row, "state");
    i64 id = val_get_int(row, "about_id");
    Str title;
    Err e = title_of(page, about, id, &title);
    if (e)
        return e;
    val_set_str(arena, row, "title", title);
    val_set_str(arena, row, "to",
                title.len ? str_format(arena, "/%.*s/%lld", STR_ARG(about), (long long)id) : S(""));
    if (str_same(val_get_str(row, "kind"), S("feedback")) && title.len)
        val_set_z(arena, row, "to", "/feedback");
    val_set_bool(arena, row, "is_unread", str_same(state, S("unread")));
    val_set_bool(arena, row, "is_done", str_same(state, S("done")));
    return ERR_OK;
}

static void put_tabs(PageCx *page, i64 unread)
{
    Arena *arena = page->cx->arena;
    Val *tabs = val_list(arena);
    Str here = request_query(page->request, "state");
    for (size_t i = 0; i <= message_states.count; i++) {
        const Code *code = i ? &message_states.codes[i - 1] : NULL;
        Val *tab = val_map(arena);
        Str label = code ? str_from(page->cx->lang == LANG_EN ? code->en : code->zh)
                         : page_say(page, "page.all");
        val_set_str(arena, tab, "label", label);
        val_set_int(arena, tab, "count", i == 1 ? unread : 0);
        val_set_str(arena, tab, "href", list_href(page, "state", str_from(code ? code->code : "")));
        val_set_bool(arena, tab, "here", str_same_z(here, code ? code->code : ""));
        val_push(arena, tabs, tab);
    }
    page_put(page, "tabs", tabs);
}

/* What was just marked, to be taken back: ids with commas between, of the address. */
static Str undo_ids(PageCx *page)
{
    Str ids = request_query(page->request, "undo"), rest = ids, part;
    i64 id;
    while (str_split(&rest, ',', &part))
        if (!str_to_i64(part, &id) || id <= 0)
            return S("");
    return ids;
}

Err build_inbox(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask_query(page, "message.list", &reply);
    if (e)
        return e;
    Val *items = val_get(reply, "items");
    shape_rows(page, &message_type, items);
    for (size_t i = 0; !e && i < val_count(items); i++)
        e = shape_message(page, val_at(items, i));
    if (e)
        return e;
    list_set(page, reply, 0, false);
    put_tabs(page, val_get_int(reply, "unread"));
    page_put(page, "unread_here", val_int(arena, val_get_int(reply, "unread")));
    page_put(page, "undo", val_str(arena, undo_ids(page)));
    page_title(page, "page.inbox");
    return ERR_OK;
}

/* The form of notice.set with what is set now. */
Err build_me_pushes(PageCx *page)
{
    Arena *arena = page->cx->arena;
    Val *reply;
    Err e = page_ask(page, "notice.show", NULL, 0, &reply);
    if (e)
        return e;
    static const char *const names[] = {"digest", "quiet_from", "quiet_until"};
    i64 cap = val_get_int(reply, "cap_week");
    WebPair pairs[COUNT(names) + 1];
    for (size_t i = 0; i < COUNT(names); i++)
        pairs[i] = (WebPair){str_from(names[i]), val_get_str(reply, names[i])};
    pairs[COUNT(names)] =
        (WebPair){S("cap_week"), cap ? str_format(arena, "%lld", (long long)cap) : S("")};
    const WebPairs given = {.items = pairs, .count = COUNT(pairs)};
    page_put(page, "fields", form_fields(page, "notice.set", &given));
    page_put(page, "off", val_bool(arena, val_get_bool(reply, "off")));
    page_put(page, "cap_of_exchange", val_int(arena, val_get_int(reply, "cap_of_exchange")));
    page_title(page, "page.push_wishes");
    return ERR_OK;
}
