#include "exchange/import_int.h"

// clang-format off
static const FlowState import_states[] = {
    [IMPORT_UPLOADED] = {"uploaded", "待确认", "To confirm", FLOW_START},
    [IMPORT_RUNNING]  = {"running",  "导入中", "Running",    FLOW_MIDDLE},
    [IMPORT_DONE]     = {"done",     "已完成", "Done",       FLOW_MIDDLE},
    [IMPORT_UNDOING]  = {"undoing",  "撤销中", "Undoing",    FLOW_MIDDLE},
    [IMPORT_UNDONE]   = {"undone",   "已撤销", "Undone",     FLOW_END},
    [IMPORT_FAILED]   = {"failed",   "未完成", "Failed",     FLOW_MIDDLE},
};

static const FlowEdge import_edges[] = {
    {IMPORT_UPLOADED, "start",   IMPORT_RUNNING, "开始导入", "Start",   WHO_OWNER | WHO_LOCAL, NULL},
    {IMPORT_RUNNING,  "finish",  IMPORT_DONE,    "完成",     "Finish",  WHO_CLOCK, NULL},
    {IMPORT_RUNNING,  "fail",    IMPORT_FAILED,  "中止",     "Fail",    WHO_CLOCK, NULL},
    {IMPORT_DONE,     "undo",    IMPORT_UNDOING, "撤销导入", "Undo",    WHO_OWNER | WHO_LOCAL, NULL, true},
    {IMPORT_FAILED,   "undo",    IMPORT_UNDOING, "撤销导入", "Undo",    WHO_OWNER | WHO_LOCAL, NULL, true},
    {IMPORT_UNDOING,  "unmade",  IMPORT_UNDONE,  "撤销完成", "Unmade",  WHO_CLOCK, NULL},
};
const Flow import_flow = FLOW_OF("import", "导入", "Import", import_states, import_edges);

static const Field import_fields_rows[] = {
    RECORD_HEAD_FIELDS(Import),
    {AT(Import, org_id),      F_REF,   "单位",     "Organisation", INDEXED, SEE_OWNER, NULL, .ref = &org_type},
    {AT(Import, account_id),  F_REF,   "经办人",   "By",           0, SEE_OWNER, NULL},
    {AT(Import, for_id),      F_REF,   "代表账号", "On behalf of", 0, SEE_OWNER, NULL},
    {AT(Import, name),        F_TEXT,  "文件名",   "File",         LISTED, SEE_OWNER, NULL},
    {AT(Import, file_hash),   F_TEXT,  "文件散列", "File hash",    0, SEE_OPERATOR, NULL},
    {AT(Import, kind),        F_TEXT,  "内容",     "Holds",        0, SEE_OWNER, NULL},
    {AT(Import, sheet),       F_TEXT,  "工作表",   "Sheet",        0, SEE_OWNER, NULL},
    {AT(Import, header_line), F_INT,   "表头行",   "Header line",  0, SEE_OWNER, NULL},
    {AT(Import, columns),     F_PROSE, "列",       "Columns",      0, SEE_OPERATOR, NULL},
    {AT(Import, mapping),     F_PROSE, "对应关系", "Mapping",      0, SEE_OWNER, NULL},
    {AT(Import, rows_read),   F_INT,   "读取行数", "Rows read",    LISTED, SEE_OWNER, NULL},
    {AT(Import, imported),    F_INT,   "新增",     "Imported",     LISTED, SEE_OWNER, NULL},
    {AT(Import, updated),     F_INT,   "更新",     "Updated",      LISTED, SEE_OWNER, NULL},
    {AT(Import, unchanged),   F_INT,   "未变",     "Unchanged",    LISTED, SEE_OWNER, NULL},
    {AT(Import, rejected),    F_INT,   "退回",     "Rejected",     LISTED, SEE_OWNER, NULL},
    {AT(Import, warned),      F_INT,   "提醒",     "Warned",       0, SEE_OWNER, NULL},
    {AT(Import, kept),        F_INT,   "保留",     "Kept",         0, SEE_OWNER, NULL},
    {AT(Import, why),         F_TEXT,  "原因",     "Why",          0, SEE_OWNER, NULL},
    {AT(Import, why_line),    F_INT,   "出错行",   "At line",      0, SEE_OWNER, NULL},
    {AT(Import, rows_left),   F_INT,   "未导入行数", "Rows not taken", 0, SEE_OWNER, NULL},
    {AT(Import, state),       F_STATE, "状态",     "State",        INDEXED | LISTED, SEE_OWNER, NULL, .flow = &import_flow},
};
const RecordType import_type = {"import", "导入", "Import", sizeof(Import), import_fields_rows, COUNT(import_fields_rows), NULL};

static const Field reject_fields[] = {
    RECORD_HEAD_FIELDS(ImportReject),
    {AT(ImportReject, import_id),    F_REF,   "导入", "Import", INDEXED, SEE_OWNER, NULL},
    {AT(ImportReject, line),         F_INT,   "行号", "Line",   0, SEE_OWNER, NULL},
    {AT(ImportReject, column_title), F_TEXT,  "列",   "Column", 0, SEE_OWNER, NULL},
    {AT(ImportReject, value),        F_TEXT,  "内容", "Value",  0, SEE_OWNER, NULL},
    {AT(ImportReject, why),          F_TEXT,  "原因", "Why",    0, SEE_OWNER, NULL},
    {AT(ImportReject, arg),          F_TEXT,  "说明", "Detail", 0, SEE_OWNER, NULL},
    {AT(ImportReject, arg2),         F_TEXT,  "说明二", "Detail", 0, SEE_OWNER, NULL},
    {AT(ImportReject, cells),        F_PROSE, "原行", "Row",    0, SEE_OWNER, NULL},
    {AT(ImportReject, taken),        F_BOOL,  "已导入", "Taken", 0, SEE_OWNER, NULL},
};
const RecordType import_reject_type = {"import_reject", "退回行", "Rejected row", sizeof(ImportReject), reject_fields, COUNT(reject_fields), NULL};

static const Field change_fields[] = {
    RECORD_HEAD_FIELDS(ImportChange),
    {AT(ImportChange, import_id), F_REF,   "导入",   "Import", INDEXED, SEE_OWNER, NULL},
    {AT(ImportChange, patent_id), F_REF,   "专利",   "Patent", INDEXED, SEE_OWNER, NULL},
    {AT(ImportChange, before),    F_PROSE, "原内容", "Before", 0, SEE_OWNER, NULL},
};
const RecordType import_change_type = {"import_change", "导入更新", "Updated row", sizeof(ImportChange), change_fields, COUNT(change_fields), NULL};

static const Field map_fields[] = {
    RECORD_HEAD_FIELDS(ImportMap),
    {AT(ImportMap, org_id),     F_REF,   "单位",     "Organisation", INDEXED, SEE_OWNER, NULL},
    {AT(ImportMap, header_key), F_PROSE, "表头",     "Header",       0, SEE_OWNER, NULL},
    {AT(ImportMap, mapping),    F_PROSE, "对应关系", "Mapping",      0, SEE_OWNER, NULL},
};
const RecordType import_map_type = {"import_map", "表头对应", "Mapping", sizeof(ImportMap), map_fields, COUNT(map_fields), NULL};
// clang-format on
