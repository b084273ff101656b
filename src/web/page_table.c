/* Every page: where it is, what it is rendered with, who may ask for it. */
#include "web/page_int.h"

#define VETTERS   (WHO_DEPARTMENT | WHO_OPERATOR)
#define KEEPERS   (WHO_OFFICE | WHO_LIAISON)
#define IMPORTERS (WHO_OFFICE | WHO_INVENTOR)

// clang-format off
const Page pages[] = {
    /* path               template        who            nav          build             kept */
    {"/",                 "home",         WHO_PUBLIC,    NULL,        build_home},
    {"/signin",           "signin",       WHO_PUBLIC | WHO_HALF, NULL, build_signin},
    {"/reset",            "reset",        WHO_PUBLIC | WHO_HALF, NULL, build_reset},
    {"/me",               "me",           WHO_SIGNED,    NULL,        build_me},
    {"/me/second",        "me_second",    WHO_SIGNED | WHO_HALF, NULL, build_second},
    {"/me/password",      "me_password",  WHO_SIGNED | WHO_HALF, NULL, build_password},
    {"/resets",           "resets",       WHO_SECURITY,  "resets",    build_resets},
    {"/search",           "search",       WHO_PUBLIC,    NULL,        build_search, true},
    {"/patents",          "patents",      WHO_PUBLIC,    "patents",   build_patents, true},
    {"/patent/{id}",      "patent",       WHO_PUBLIC,    "patents",   build_patent},
    {"/achievements",     "achievements", WHO_PUBLIC,    "achievements", build_achievements, true},
    {"/achievement/{id}", "achievement",  WHO_PUBLIC,    "achievements", build_achievement},
    {"/listings",         "listings",     WHO_PUBLIC,    "listings",  build_listings, true},
    {"/listing/{id}",     "listing",      WHO_PUBLIC,    "listings",  build_listing},
    {"/needs",            "needs",        WHO_PUBLIC,    "needs",     build_needs, true},
    {"/need/{id}",        "need",         WHO_PUBLIC,    "needs",     build_need},
    {"/lots",             "lots",         WHO_PUBLIC,    "lots",      build_lots},
    {"/lot/{id}",         "lot",          WHO_PUBLIC,    "lots",      build_lot},
    {"/deals",            "deals",        WHO_SIGNED,    "deals",     build_deals},
    {"/deal/{id}",        "deal",         WHO_SIGNED,    "deals",     build_deal},
    {"/orgs",             "orgs",         WHO_PUBLIC,    "orgs",      build_orgs, true},
    {"/org/{id}",         "org",          WHO_PUBLIC,    "orgs",      build_org},
    {"/join",             "join",         WHO_PUBLIC,    NULL,        build_join},
    {"/join/status",      "join_status",  WHO_PUBLIC,    NULL,        build_join_status},
    {"/joinings",         "joinings",     VETTERS,       "joinings",  build_joinings},
    {"/joining/{id}",     "joining",      VETTERS,       "joinings",  build_joining},
    {"/unit",             "unit",         KEEPERS,       "unit",      build_unit},
    {"/unit/add",         "unit_add",     KEEPERS | WHO_SECURITY, "unit", build_unit_add},
    {"/people",           "people",       WHO_PUBLIC,    "orgs",      build_people},
    {"/person/{id}",      "person",       WHO_PUBLIC,    "orgs",      build_person},
    {"/me/profile",       "me_profile",   WHO_EXPERT | WHO_MANAGER, NULL, build_profile},
    {"/rosters",          "rosters",      WHO_PUBLIC,    "orgs",      build_rosters},
    {"/roster/{id}",      "roster",       WHO_PUBLIC,    "orgs",      build_roster},
    {"/import",           "import",       IMPORTERS,     "import",    build_imports},
    {"/import/{id}",      "import_run",   IMPORTERS,     "import",    build_import},
    {"/me/unit",          "me_unit",      WHO_SIGNED,    NULL,        build_my_unit},
    {"/me/consents",      "consents",     WHO_SIGNED,    NULL,        build_consents},
    {"/consent/verify",   "consent_verify", WHO_PUBLIC | WHO_HALF, NULL, build_consent_verify},
    {"/consent/sign/{name}", "consent_sign", WHO_SIGNED, NULL,        build_consent_sign},
    {"/consent/{id}",     "consent",      WHO_SIGNED,    NULL,        build_consent},
    {"/me/data",          "me_data",      WHO_SIGNED,    NULL,        build_me_data},
    {"/privacy",          "privacy",      WHO_PUBLIC | WHO_HALF, NULL, build_privacy},
    {"/admin/processing", "processing",   WHO_OPERATOR | WHO_SECURITY | WHO_AUDIT, NULL, build_processing},
    {"/form/{name}",      "form",         WHO_SIGNED,    NULL,        build_form},
    {"/verify",           "verify",       WHO_PUBLIC,    NULL,        build_verify},
    {"/log",              "audit",        WHO_AUDIT,     "audit",     build_audit},
    {"/audit",            "audit",        WHO_AUDIT,     "audit",     build_audit},
    {"/admin/accounts",   "admin_accounts", WHO_SECURITY, "accounts", build_accounts},
    {"/admin/account/{id}", "admin_account", WHO_SECURITY, "accounts", build_account},
    {"/admin/approvals",  "admin_approvals", WHO_SIGNED, "approvals", build_approvals},
    {"/admin/permissions", "admin_permissions", WHO_SECURITY | WHO_AUDIT, "permissions", build_permissions},
    {"/admin/policy",     "admin_policy", WHO_SECURITY | WHO_AUDIT, "policy", build_policy},
    {"/admin/system",     "admin_system", WHO_SYSTEM,    "system",    build_system},
    {"/me/tokens",        "me_tokens",    WHO_SIGNED,    NULL,        build_tokens},
};
// clang-format on
const size_t pages_count = COUNT(pages);
