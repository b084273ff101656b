/* people.h - how units and people come in, what they do for each other, and how they go.
 *
 * Owns    the tables joining, profile, certificate, roster, roster_member, delegation.
 * Emits   joining.*, profile.*, certificate.*, roster.*, member.*, delegation.*, org.left,
 *         account.handed_over; and, through ident, org.* and account.*
 *
 * A unit applies without being signed in; the competent department of its place (科技 or 知识产权)
 * vets it, or the operator where none covers the place. Approval makes the unit and its first
 * account. From then on a unit's liaison (活动联络员) and office keep its accounts themselves,
 * colleges below included. Experts and technology managers have profiles; rosters gather people
 * whom their units nominate. Whatever somebody does in another's name is a fact with his own id,
 * the other's and the other's unit.
 *
 *   people_joining.c     self-registration and vetting
 *   people_accounts.c    accounts of a unit: in bulk, one by one, closing, hand-over, leaving
 *   people_read.c        rows of people as pasted from a sheet or as JSON lines
 *   people_profile.c     experts and managers, their certificates
 *   people_work.c        what people have done, certificates that expire
 *   people_roster.c      rosters and nominations
 *   people_delegation.c  acting for another
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

#include "base/base.h"
#include "command/command.h"
#include "ident/ident.h"

enum { JOINING_APPLIED, JOINING_RETURNED, JOINING_APPROVED, JOINING_REJECTED };

/* An application of a unit that is no member yet. What is about the applicant leaves it with the
 * approval: it lives on in the account. */
typedef struct Joining {
    RECORD_HEAD;
    i64 state; /* joining_flow */
    Str code;  /* Credit code; '' of a natural person or a body that has none. */
    Str name;
    Str kind;     /* joining_kinds */
    Str division; /* GB/T 2260 */
    Str city;
    Str supervisor; /* Supervising body as the applicant writes it. */
    i64 supervisor_id;
    Str person; /* Who applies. */
    Str phone;
    Str email;
    Str login;
    Str password;   /* Argon2id, encoded; '' once decided. */
    Str claim_hash; /* SHA-256 of the claim code. */
    Str desk;       /* Who decides: department, or operator where no department covers the place. */
    Str reason;
    i64 decided_by;
    i64 decided_ms;
    i64 org_id; /* Made by the approval. */
    i64 account_id;
} Joining;

/* An expert or a technology manager, as he shows himself. */
typedef struct Profile {
    RECORD_HEAD;
    i64 account_id;
    i64 org_id;
    Str kind;     /* profile_kinds */
    Str ipc;      /* Classes, ';' between. */
    Str industry; /* industry_fields */
    Str title;    /* 职称 */
    Str employer;
    Str intro;
    Str conflicts; /* Units he has ties with, ';' between. */
    i64 visible;   /* Listed in public. */
    i64 named_ms;  /* When he agreed to be named in public; 0: he has not. */
} Profile;

typedef struct Certificate {
    RECORD_HEAD;
    i64 profile_id;
    Str name;
    Str number;
    i64 issued_date;
    i64 expires_date; /* 0: never. */
    i64 ended;
} Certificate;

/* People that units nominate for a year: 科技镇长团, 专家顾问团 and the like. */
typedef struct Roster {
    RECORD_HEAD;
    i64 org_id; /* Who keeps it. */
    Str kind;   /* roster_kinds */
    Str name;
    i64 year;
    Str intro;
    i64 until_date; /* Nominations until this day; 0: open. */
} Roster;

enum { MEMBER_NOMINATED, MEMBER_RETURNED, MEMBER_CONFIRMED, MEMBER_ENDED };

/* One person of a roster. The columns stand for 《活动联络员及技术专家信息表》 (seed 000), of which no
 * blank form could be had: they are ours. */
typedef struct RosterMember {
    RECORD_HEAD;
    i64 roster_id;
    i64 org_id;     /* Who nominates. */
    i64 account_id; /* 0: has none. */
    i64 state;      /* member_flow */
    Str person;
    Str post;       /* 职务 */
    Str title;      /* 职称；在校研究生填学历 */
    Str department; /* 部门、院系 */
    Str field;      /* 研究方向 */
    Str service;    /* 可提供的服务 */
    Str phone;
    Str email;
    Str reason;
} RosterMember;

/* `to_id` may do the acts of these nouns as `from_id`, for a time. */
typedef struct Delegation {
    RECORD_HEAD;
    i64 from_id;
    i64 from_org;
    i64 to_id;
    Str nouns; /* "listing,need" */
    i64 from_ms;
    i64 until_ms;
    i64 ended_ms; /* 0: not before its time. */
} Delegation;

enum { DELEGATION_DAYS_MAX = 366 };

extern const RecordType joining_type, profile_type, certificate_type, roster_type,
    roster_member_type, delegation_type;
extern const Flow joining_flow, member_flow;
extern const CodeList joining_kinds, joining_desks, profile_kinds, roster_kinds, delegation_matters;
/* Fields of industry: of profiles here, of patents, listings and needs in registry. */

/* A file of ops each. */
extern const Room joining_room, accounts_room, profile_room, work_room, roster_room,
    delegation_room;
#define PEOPLE_ROOMS                                                                               \
    &joining_room, &accounts_room, &profile_room, &work_room, &roster_room, &delegation_room

/* Makes `actor` the one he is while he acts under this delegation: the giver's unit and roles, his
 * own account and second factor; for_id says for whom, and every op then asks whether it is in the
 * matters (op_allowed). ERR_DENIED when it is not his or does not hold now, for an administrator,
 * and for a token. */
NODISCARD Err delegation_act(Cx *cx, i64 id, Actor *actor);
/* For House.hooks: whether this account may do the acts of a noun for the other now, by whichever
 * delegation; for work that goes on after the request. */
NODISCARD Err delegation_acting(Cx *cx, i64 account_id, i64 for_id, Str noun);
NODISCARD Err delegations_shut(Cx *cx, i64 account_id);
/* {id, other, other_org, matters[{code, label}], until_ms, until_date}: for the bar of who acts. */
NODISCARD Err delegation_told(Cx *cx, i64 id, Val **ret);

#endif
