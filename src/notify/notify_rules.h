/* notify_rules.h - when a message may reach its reader: values in, values out. */
#ifndef NOTIFY_NOTIFY_RULES_H
#define NOTIFY_NOTIFY_RULES_H

#include "base/base.h"

typedef enum NoticeDigest { DIGEST_NONE, DIGEST_DAILY, DIGEST_WEEKLY } NoticeDigest;

enum {
    NOTICE_WEEK_MS = 7 * 24 * 3600 * 1000,
    NOTICE_DIGEST_MIN = 8 * 60, /* A digest comes at eight in Shanghai, a weekly one on Monday. */
};

typedef struct NoticeRules {
    i64 quiet_from_min; /* Minutes of the day in Shanghai; equal ones: no quiet hours. */
    i64 quiet_until_min;
    NoticeDigest digest;
    i64 cap_week; /* Messages in any seven days; 0: any number. */
} NoticeRules;

typedef struct NoticeTime {
    i64 at_ms;         /* Now or later, never "not at all". */
    const char *cause; /* "cap", "digest", "quiet": the first that put it off; NULL: now. */
} NoticeTime;

/* When something that there is since `since_ms` may come: a digest holds what there was before.
 * `capped_ms`: when the newest but `cap_week` - 1 of the reader's messages came or will come; 0
 * when there are fewer. Asked again at the time it gives, it gives that time. */
NoticeTime notice_time(const NoticeRules *rules, i64 since_ms, i64 now_ms, i64 capped_ms);

#endif
