#include "audit/audit_int.h"

#include <string.h>

// clang-format off
static const Code tab_rows[] = {{"views", "访问", "Views"}, {"acts", "操作", "Acts"}};
const CodeList audit_tabs = CODE_LIST("audit_tab", tab_rows);

static const Code format_rows[] = {{"csv", "CSV", "CSV"}, {"jsonl", "JSON 行", "JSON lines"}};
const CodeList audit_formats = CODE_LIST("audit_format", format_rows);

static const Code result_rows[] = {
    {"ok", "成功", "Done"}, {"denied", "拒绝", "Denied"}, {"second", "需双因素", "Second factor wanted"},
    {"missing", "无此记录", "Missing"}, {"input", "输入有误", "Wrong input"}, {"state", "状态不符", "Wrong state"},
    {"limit", "超过限制", "Limit"}, {"conflict", "冲突", "Conflict"}, {"store", "存储故障", "Store failed"},
};
const CodeList audit_results = CODE_LIST("audit_result", result_rows);

static const Code via_rows[] = {
    {"web", "网页", "Web"}, {"api", "接口", "API"}, {"local", "服务器命令行", "Command line"}, {"system", "系统", "System"},
};
const CodeList audit_vias = CODE_LIST("audit_via", via_rows);

static const Field access_line_fields[] = {
    {AT(AccessLine, id),          F_INT,  "编号",     "No.",       0, SEE_OPERATOR, NULL},
    {AT(AccessLine, at_ms),       F_TIME, "时间",     "Time",      0, SEE_OPERATOR, NULL},
    {AT(AccessLine, account_id),  F_INT,  "账号",     "Account",   0, SEE_OPERATOR, NULL},
    {AT(AccessLine, for_id),      F_INT,  "代表账号", "On behalf of", 0, SEE_OPERATOR, NULL},
    {AT(AccessLine, org_id),      F_INT,  "单位",     "Organisation", 0, SEE_OPERATOR, NULL},
    {AT(AccessLine, session_id),  F_INT,  "会话",     "Session",   0, SEE_OPERATOR, NULL},
    {AT(AccessLine, token_id),    F_INT,  "接口令牌", "Token",     0, SEE_OPERATOR, NULL},
    {AT(AccessLine, via),         F_TEXT, "途径",     "Via",       0, SEE_OPERATOR, NULL},
    {AT(AccessLine, address),     F_TEXT, "地址",     "Address",   0, SEE_OPERATOR, NULL},
    {AT(AccessLine, op),          F_TEXT, "操作",     "Act",       0, SEE_OPERATOR, NULL},
    {AT(AccessLine, record_type), F_TEXT, "记录类型", "Kind of record", 0, SEE_OPERATOR, NULL},
    {AT(AccessLine, record_ids),  F_TEXT, "记录编号", "Records",   0, SEE_OPERATOR, NULL},
    {AT(AccessLine, shown),       F_INT,  "条数",     "How many",  0, SEE_OPERATOR, NULL},
    {AT(AccessLine, personal),    F_INT,  "含个人信息", "With personal data", 0, SEE_OPERATOR, NULL},
    {AT(AccessLine, result),      F_TEXT, "结果",     "Result",    0, SEE_OPERATOR, NULL},
};
const RecordType access_line_type = {"access_line", "访问日志", "Access line", sizeof(AccessLine), access_line_fields, COUNT(access_line_fields), NULL};

static const Field access_batch_fields[] = {
    RECORD_HEAD_FIELDS(AccessBatch),
    {AT(AccessBatch, first_id),  F_INT,  "起始编号", "First line", FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, last_id),   F_INT,  "终止编号", "Last line",  FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, count),     F_INT,  "条数",     "Lines",      FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, first_ms),  F_TIME, "最早",     "Earliest",   FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, last_ms),   F_TIME, "最晚",     "Latest",     FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, algorithm), F_TEXT, "算法",     "Algorithm",  FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, before),    F_TEXT, "前一批摘要", "Digest before", FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, digest),    F_TEXT, "摘要",     "Digest",     FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AccessBatch, pruned_ms), F_TIME, "清除时间", "Pruned",     FORM_OFF, SEE_OPERATOR, NULL},
};
const RecordType access_batch_type = {"access_batch", "访问日志批次", "Batch of the access log", sizeof(AccessBatch), access_batch_fields, COUNT(access_batch_fields), "pruned_ms,last_ms"};

static const Field audit_export_fields[] = {
    RECORD_HEAD_FIELDS(AuditExport),
    {AT(AuditExport, account_id), F_INT,  "导出人",   "By",        FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AuditExport, tab),        F_CODE, "内容",     "Of",        FORM_OFF, SEE_OPERATOR, NULL, .codes = &audit_tabs},
    {AT(AuditExport, format),     F_CODE, "格式",     "Format",    FORM_OFF, SEE_OPERATOR, NULL, .codes = &audit_formats},
    {AT(AuditExport, asked),      F_PROSE, "筛选条件", "Filter",   FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AuditExport, count),      F_INT,  "条数",     "Lines",     FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AuditExport, bytes),      F_INT,  "字节",     "Bytes",     FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AuditExport, sha256),     F_TEXT, "SHA-256",  "SHA-256",   FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AuditExport, name),       F_TEXT, "文件",     "File",      FORM_OFF, SEE_OPERATOR, NULL},
    {AT(AuditExport, gone_ms),    F_TIME, "文件清除时间", "File removed", FORM_OFF, SEE_OPERATOR, NULL},
};
const RecordType audit_export_type = {"audit_export", "审计导出", "Audit export", sizeof(AuditExport), audit_export_fields, COUNT(audit_export_fields), NULL};

#define FIND_ROWS \
    {AT(FindIn, tab),         F_CODE, "内容",     "Views or acts",  0, SEE_PUBLIC, NULL, .codes = &audit_tabs, .help_en = "views when it is left out."}, \
    {AT(FindIn, account_id),  F_INT,  "账号编号", "Account",        0, SEE_PUBLIC, NULL, .min = 0, .max = INT64_MAX}, \
    {AT(FindIn, org_id),      F_INT,  "单位编号", "Organisation",   0, SEE_PUBLIC, NULL, .min = 0, .max = INT64_MAX}, \
    {AT(FindIn, op),          F_TEXT, "操作",     "Act",            0, SEE_PUBLIC, NULL, .max = 80}, \
    {AT(FindIn, record_type), F_TEXT, "记录类型", "Kind of record", 0, SEE_PUBLIC, NULL, .max = 40}, \
    {AT(FindIn, record_id),   F_INT,  "记录编号", "Record",         0, SEE_PUBLIC, NULL, .min = 0, .max = INT64_MAX}, \
    {AT(FindIn, from_ms),     F_TIME, "从",       "From",           0, SEE_PUBLIC, NULL}, \
    {AT(FindIn, until_ms),    F_TIME, "至",       "Until",          0, SEE_PUBLIC, NULL}, \
    {AT(FindIn, result),      F_CODE, "结果",     "Result",         0, SEE_PUBLIC, NULL, .codes = &audit_results}, \
    {AT(FindIn, via),         F_CODE, "途径",     "Via",            0, SEE_PUBLIC, NULL, .codes = &audit_vias}, \
    {AT(FindIn, address),     F_TEXT, "地址",     "Address",        0, SEE_PUBLIC, NULL, .max = 48}
const Field find_fields[FIND_FIELDS] = {
    FIND_ROWS,
    {AT(FindIn, before), F_INT, "此编号以前", "Before this number", 0, SEE_PUBLIC, NULL, .min = 0, .max = INT64_MAX},
    {AT(FindIn, limit),  F_INT, "条数",       "How many",           0, SEE_PUBLIC, NULL, .min = 1, .max = AUDIT_PAGE_MAX},
};
const Field export_fields[EXPORT_FIELDS] = {
    FIND_ROWS,
    {AT(FindIn, format), F_CODE, "格式", "Format", REQUIRED, SEE_PUBLIC, NULL, .codes = &audit_formats},
};

static const Op ops[] = {
    {"audit.search", "审计查询", "Search the audit record", OP_READ, 0, WHO_AUDIT | WHO_LOCAL, OP_IN(FindIn, find_fields), NULL, audit_search_run, NULL, "Views (the access log) or acts (the facts), newest first; page on with before."},
    {"audit.export", "审计导出", "Export the audit record", OP_STEPS, 0, WHO_AUDIT | WHO_LOCAL, OP_IN(FindIn, export_fields), NULL, audit_export_run, "导出本身也会留下记录；文件保留 7 天。", "The export is itself on record; its file is kept for 7 days."},
    {"audit.prune",  "清理访问日志", "Prune the access log", OP_STEPS, OP_LOCAL_ONLY, WHO_CLOCK | WHO_LOCAL, OP_IN_NONE, NULL, audit_prune_run, NULL, "Removes whole batches of lines older than access_log_days, and old export files."},
    {"system.show",  "系统状态", "State of the system", OP_READ, OP_PLAIN, WHO_SYSTEM | WHO_LOCAL, OP_IN_NONE, NULL, system_show_run, NULL, "Version, store, sizes, writer, last backup, access log."},
};
// clang-format on

static const RecordType *const types[] = {&access_batch_type, &audit_export_type};
static const CodeList *const codes[] = {&audit_tabs, &audit_formats, &audit_results, &audit_vias};

const Room audit_room = {
    .name = "audit",
    .types = types,
    .type_count = COUNT(types),
    .ops = ops,
    .op_count = COUNT(ops),
    .codes = codes,
    .code_count = COUNT(codes),
    .start = access_start,
};
