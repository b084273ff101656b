#include "auction/season_rules.h"

/* Sources: 网络司法拍卖 SPC 2016 art. 12, 17, 20, 26; 拍卖法 45; asset transfers of state-owned
 * enterprises by secondary sources; the first row is our own. */
// clang-format off
const BidPreset bid_presets[] = {
    /* code             中文                     English                                notice working length window extend  deposit      cut */
    {"exchange",       "平台一般规则",          "Rules of the exchange",                 3,  true,  0,    300,   300,  0,    10000, 2000},
    {"auction",        "拍卖法",                "Auction Law",                           7,  false, 0,    300,   300,  0,    10000, 2000},
    {"judicial",       "网络司法拍卖（动产）",  "Judicial online auction (movables)",    15, false, 1440, 300,   300,  500,  2000,  2000},
    {"judicial_right", "网络司法拍卖（财产权）", "Judicial online auction (rights)",     30, false, 1440, 300,   300,  500,  2000,  2000},
    {"state_10",       "国有资产转让（10 个工作日）", "State assets (10 working days)",  10, true,  0,    300,   300,  0,    10000, 1000},
    {"state_20",       "国有资产转让（20 个工作日）", "State assets (20 working days)",  20, true,  0,    300,   300,  0,    10000, 1000},
};
// clang-format on
const size_t bid_preset_count = COUNT(bid_presets);

const BidPreset *bid_preset(Str code)
{
    for (size_t i = 0; i < bid_preset_count; i++)
        if (str_same_z(code, bid_presets[i].code))
            return &bid_presets[i];
    return &bid_presets[0];
}

i64 notice_opens_date(const Calendar *calendar, const BidPreset *preset, i64 days, i64 date)
{
    return calendar_after(calendar, date, days ? days : preset->notice_days, preset->working);
}

bool day_minutes_read(Str text, i64 *ret)
{
    i64 hour = 0, minute = 0;
    size_t colon = str_find(text, S(":"));
    bool sound = colon > 0 && colon + 3 == text.len && text.len <= 5 &&
                 str_to_i64(str_slice(text, 0, colon), &hour) &&
                 str_to_i64(str_slice(text, colon + 1, text.len), &minute);
    if (!sound || hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    *ret = hour * 60 + minute;
    return true;
}

static i64 instant_of(i64 date, i64 minute)
{
    return (date_days(date) * SEASON_DAY_MIN + minute) * 60000 - SHANGHAI_OFFSET_MS;
}

/* Openings that fit into one day. */
static i64 day_room(const SeasonHours *hours)
{
    i64 span = hours->to_min - hours->from_min;
    i64 last = hours->length_min > span ? span : span - hours->length_min;
    i64 fit = hours->gap_min ? last / hours->gap_min + 1 : SEASON_PLAN_MAX;
    return hours->day_lots && hours->day_lots < fit ? hours->day_lots : fit;
}

size_t season_slots(const Calendar *calendar, const SeasonHours *hours, i64 date, size_t count,
                    SeasonSlot *ret)
{
    size_t placed = 0;
    i64 room = day_room(hours);
    assert(hours->to_min > hours->from_min && hours->length_min > 0 && room > 0);
    if (date < hours->from_date)
        date = hours->from_date;
    while (placed < count) {
        date = calendar_next_bidding(calendar, date, hours->weekdays, hours->until_date);
        if (!date)
            break;
        for (i64 i = 0; i < room && placed < count; i++) {
            i64 open_ms = instant_of(date, hours->from_min + i * hours->gap_min);
            ret[placed++] = (SeasonSlot){open_ms, open_ms + hours->length_min * 60000};
        }
        date = day_add(date, 1);
    }
    return placed;
}
