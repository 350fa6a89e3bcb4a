-- Children that have something to remember. Times are microseconds since 1970, null where there is none.
create table child (
    name        text primary key,
    remembered  text not null,    -- JSON: last_change, last_csync, delay (accept/registry.hpp)
    suspended   integer not null check (suspended in (0, 1)),
    notifies    integer not null check (notifies in (0, 1)),
    attempt     integer not null check (attempt >= 0),
    tries       integer not null check (tries >= 0),
    look_at     integer,
    restore_at  integer,
    restore_ttl integer
) strict, without rowid;
create index child_to_look_at on child (look_at) where look_at is not null;
create index child_to_restore on child (restore_at) where restore_at is not null;

-- Which children had DS, and which, when the registry was read last: what changes without us is noticed by it. By hash
-- of the name, since there may be millions.
create table seen (
    mark integer primary key,
    ds   integer not null
) strict;

-- Decisions and events. Ids grow for ever.
create table entry (
    id          integer primary key autoincrement,
    child       text,
    at          integer not null,
    last        integer not null,
    times       integer not null,
    kind        text not null,
    text        text not null,
    detail      text not null,
    fingerprint text not null
) strict;
create index entry_of_child on entry (child, id);

-- Changes that were decided. A row is there before anything is sent.
create table submission (
    id       integer primary key autoincrement,
    child    text not null,
    at       integer not null,
    state    text not null check (state in ('recorded', 'pending', 'closed')),
    verdict  text not null,
    registry text not null,
    keys     text not null,
    txn      text not null,
    said     text not null
) strict;
create index submission_open on submission (child) where state <> 'closed';

-- Who was told of what, and how often (RFC 10026).
create table report (
    child     text not null,
    audience  text not null,
    condition text not null,
    since     integer not null, -- the condition has held since then
    times     integer not null,
    last      integer not null,
    primary key (child, audience)
) strict, without rowid;

create table setting (
    name  text primary key,
    value text not null
) strict, without rowid;
