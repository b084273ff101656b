/* settings.h - every setting of an installation as a row: name, default, what it means.
 *
 * `techbourse config` prints the rows; a YAML file (`--config FILE`) gives values by name. What has
 * no line in the file keeps its default. A wrong line is refused with its number.
 */
#ifndef COMMAND_SETTINGS_H
#define COMMAND_SETTINGS_H

#include "record/record.h"

typedef struct Settings {
    Str name_zh; /* Of the exchange, in page titles. */
    Str name_en;
    Str bidding_name; /* What bidding is called in public; 拍卖 needs a licensed house. */
    Str data;         /* Folder: SQLite file, files, keys, socket. */
    Str store;        /* '' for <data>/techbourse.db, or postgresql://... */
    Str listen;       /* Host:port. */
    Str site_url;     /* https://... as people reach it; '' : http:// and listen. */
    Str hash;         /* sha256 or sm3. */
    i64 workers;
    i64 connections_max;
    i64 upload_mb_max;
    i64 import_batch_rows;
    i64 session_idle_min;
    i64 session_max_hours;
    i64 password_len_min;
    i64 sign_in_tries_max;
    i64 sign_in_lock_min;
    i64 sign_in_lock_max_min; /* Each further lock-out doubles, up to this. */
    i64 session_admin_idle_min;
    i64 sessions_max;        /* At once for one account; the oldest ends. */
    i64 password_classes;    /* Of lower, upper, digit, other; Chinese counts as other. */
    i64 password_days;       /* 0: never asked to change. */
    i64 password_kept;       /* Former ones that may not come again. */
    i64 password_memory_kb;  /* Of one Argon2id run; two passes, one lane. */
    i64 reset_min;           /* How long a reset code holds. */
    i64 second_factor;       /* Off: nobody is asked for one. */
    i64 second_factor_hours; /* How long a session may bid on one proof. */
    i64 standby;             /* serve waits while another program leads on the same store. */
    i64 downtime_s;          /* A longer stop is made up to the lots that were open. */
    i64 second_factor_demo;  /* A demonstration: pages say the code themselves. */
    i64 token_days_max;
    Str oidc_issuer; /* '' : nobody signs in by an outside provider. */
    Str oidc_client_id;
    Str oidc_client_secret_file; /* '' for a public client: PKCE alone. */
    Str oidc_label;              /* On the button. */
    Str oidc_claim;              /* Names the login. */
    Str oidc_link;               /* oidc_links: what joins a person there to an account here. */
    Str oidc_redirect;           /* '' : /oidc/back of the host that was asked. */
    Str oidc_second;             /* The amr or acr taken for the second factor; '' : none. */
    i64 agreement_required;      /* 委托服务协议 before the first need, listing or bid. */
    i64 stage_consent_required; /* 现场展示同意书 of the seller and all co-owners before a lot. */
    Str notice_preset;  /* bid_presets: the notice that a lot of no season has to have; '': none. */
    Str bidder_related; /* related_ways: what a declared relation to the seller does. */
    i64 deposit_release_hours; /* A loser's deposit is back so long after the close. */
    i64 deposit_letter_days;   /* A guarantee letter holds so long after the latest end. */
    Str payment_secret;        /* Shared with the bank; '' : it calls for nothing. */
    i64 access_log_days;
    i64 joining_return_days;   /* Not resubmitted in these: closed, and his contact data goes. */
    i64 joining_keep_days;     /* Who was rejected: his contact data goes after these. */
    i64 certificate_soon_days; /* A certificate that ends within these is told of. */
    i64 liaisons_max; /* 活动联络员 of one unit; seed 000 asks for one, a second stands in. */
    i64 push_threshold;   /* Percent from which a match is pushed. */
    i64 push_cap_week;    /* Pushes to one person in seven days; 0: any number. */
    i64 evaluation_least; /* Firms that must have spoken before an owner reads themes. */
    Str vectors;          /* vector_helpers: which semantic helper is in use. */
    Str embed_url;        /* Of an embedding server; '' : none is asked. */
    Str embed_model;      /* Its name there; vectors of another one are not taken for its own. */
    Str embed_key;        /* Sent as a bearer token; '' : none. */
    i64 embed_dims;       /* Numbers of one vector; 0: as many as it gives. */
    i64 embed_batch;      /* Texts of one question. */
    i64 embed_timeout_ms; /* Of one question. */
    i64 secure_cookie;    /* Set when nginx in front speaks TLS. */
    i64 log_level;        /* 0 debug .. 3 error */
    /* Not settings themselves. */
    Str file;  /* Read by settings_load; '' when none was. */
    u64 given; /* A bit per row of settings_fields: it stood in the file. */
} Settings;

extern const CodeList oidc_links;
extern const CodeList vector_helpers;
extern const CodeList related_ways;
extern const Field settings_fields[];
extern const size_t settings_count;

void settings_default(Settings *ret);
/* Reads `path` over the values already there. ERR_INPUT with the line, ERR_IO. */
NODISCARD Err settings_load(Cx *cx, Str path, Settings *settings);
/* Where rows are: the store setting, or the SQLite file in the data folder. In cx->arena. */
Str settings_store(Cx *cx, const Settings *settings);
/* All settings as a commented YAML file. */
void settings_write(Cx *cx, Buf *out, const Settings *settings);

#endif
