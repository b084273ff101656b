/* who.h - the fixed set of roles and relations that permissions are written in.
 *
 * A role comes from a grant (ident); a relation is found for one record by its room. A permission
 * is a set of these bits: any one is enough.
 */
#ifndef FLOW_WHO_H
#define FLOW_WHO_H

enum {
    WHO_PUBLIC = 1u << 0, /* Everybody, signed in or not. */
    WHO_SIGNED = 1u << 1, /* Anybody signed in. */
    /* Roles. */
    WHO_OFFICE = 1u << 2,     /* 高校院所 transfer office. */
    WHO_INVENTOR = 1u << 3,   /* 发明人 */
    WHO_FIRM = 1u << 4,       /* 企业 */
    WHO_MANAGER = 1u << 5,    /* 技术经理人 */
    WHO_EXPERT = 1u << 6,     /* 专家 */
    WHO_OPERATOR = 1u << 7,   /* 交易市场 operator. */
    WHO_DEPARTMENT = 1u << 8, /* 主管部门 */
    WHO_FINANCE = 1u << 9,    /* 金融机构 */
    WHO_SYSTEM = 1u << 10,    /* 系统管理员: no business data. */
    WHO_SECURITY = 1u << 11,  /* 安全管理员: accounts and policy. */
    WHO_AUDIT = 1u << 12,     /* 审计管理员: logs only. */
    WHO_LOCAL = 1u << 13,     /* The operator of the machine, by the command line. */
    WHO_CLOCK = 1u << 14,     /* The exchange itself, when a time has come. */
    WHO_LIAISON = 1u << 15,   /* 活动联络员: acts for its unit in joining and nominations. */
    WHO_CENTRE = 1u << 16,    /* 分中心, by place or by industry. */
    WHO_AGENCY = 1u << 17,    /* 技术转移机构、技术经理人事务所 */
    WHO_HALF = 1u << 18,      /* Has given the password, not yet the second factor it asks for. */
    /* Relations to the record. */
    WHO_OWNER = 1u << 20, /* Of the unit that owns it, or of one above it in the same house. */
    WHO_PARTY = 1u << 21, /* The other side: matched, bidding, buying. */
    WHO_ABOVE =
        1u << 22, /* A department or centre over the unit, by place or by supervising body. */
    WHO_SELF = 1u << 23, /* The person it is about. */
    WHO_BINDS =
        1u << 24, /* As WHO_OWNER, and he may bind the unit: sign, accept, withdraw for it. */
};

#define WHO_ROLES 0x000fffffu

/* Roles that speak for their unit. An inventor, an expert and a technology manager are persons in
 * it; a natural person who takes part for himself is his own unit and binds it in any role. */
#define WHO_BINDERS                                                                                \
    (WHO_OFFICE | WHO_LIAISON | WHO_FIRM | WHO_AGENCY | WHO_FINANCE | WHO_DEPARTMENT |             \
     WHO_CENTRE | WHO_OPERATOR)

/* The three administrators (等保2.0 level 3, 8.1.4.2): no account holds two of them, or one of them
 * and a role in trade; none of them sees business data. */
#define WHO_ADMINS (WHO_SYSTEM | WHO_SECURITY | WHO_AUDIT)

#endif
