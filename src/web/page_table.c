/* Every page: where it is, what it is rendered with, who may ask for it. */
#include "web/page_int.h"

#define IMPORTERS (WHO_OFFICE | WHO_INVENTOR)

// clang-format off
const Page pages[] = {
    /* path               template        who            nav             build               kept */
    {"/",                 "home",         WHO_PUBLIC,    NULL,           build_home},
    {"/signin",           "signin",       WHO_PUBLIC,    NULL,           build_signin},
    {"/search",           "search",       WHO_PUBLIC,    NULL,           build_search,       true},
    {"/patents",          "patents",      WHO_PUBLIC,    "patents",      build_patents,      true},
    {"/patent/{id}",      "patent",       WHO_PUBLIC,    "patents",      build_patent},
    {"/achievements",     "achievements", WHO_PUBLIC,    "achievements", build_achievements, true},
    {"/achievement/{id}", "achievement",  WHO_PUBLIC,    "achievements", build_achievement},
    {"/listings",         "listings",     WHO_PUBLIC,    "listings",     build_listings,     true},
    {"/listing/{id}",     "listing",      WHO_PUBLIC,    "listings",     build_listing},
    {"/needs",            "needs",        WHO_PUBLIC,    "needs",        build_needs,        true},
    {"/need/{id}",        "need",         WHO_PUBLIC,    "needs",        build_need},
    {"/lots",             "lots",         WHO_PUBLIC,    "lots",         build_lots},
    {"/lot/{id}",         "lot",          WHO_PUBLIC,    "lots",         build_lot},
    {"/deals",            "deals",        WHO_SIGNED,    "deals",        build_deals},
    {"/deal/{id}",        "deal",         WHO_SIGNED,    "deals",        build_deal},
    {"/orgs",             "orgs",         WHO_PUBLIC,    "orgs",         build_orgs,         true},
    {"/org/{id}",         "org",          WHO_PUBLIC,    "orgs",         build_org},
    {"/import",           "import",       IMPORTERS,     "import",       build_imports},
    {"/import/{id}",      "import_run",   IMPORTERS,     "import",       build_import},
    {"/form/{name}",      "form",         WHO_SIGNED,    NULL,           build_form},
    {"/verify",           "verify",       WHO_PUBLIC,    NULL,           build_verify},
    {"/log",              "log",          WHO_AUDIT,     "log",          build_log},
};
// clang-format on
const size_t pages_count = COUNT(pages);
