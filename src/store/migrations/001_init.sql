-- One row per zone: what is wanted, what is known, what was decided last. Structured values are JSON (model/json.hpp);
-- times are microseconds since 1970, null where something has not happened.
create table zone (
    name       text primary key,
    revision   integer not null check (revision > 0),
    parent     text not null,
    intent     text not null,
    mode       text not null check (mode in ('automatic', 'manual')),
    paused     integer not null check (paused in (0, 1)),
    steps      integer not null check (steps >= 0),
    knowledge  text,
    decision   text not null,
    decided    integer,
    settled    text not null,
    transition text
) strict, without rowid;

-- Ids grow for ever, also when zones are removed: readers resume after the last one that they have seen.
create table event (
    id     integer primary key autoincrement,
    zone   text not null references zone (name) on delete cascade,
    at     integer not null,
    kind   text not null,
    text   text not null,
    detail text not null
) strict;
create index event_of_zone on event (zone, id);

-- Transitions that have ended.
create table transition (
    id      integer primary key,
    zone    text not null references zone (name) on delete cascade,
    content text not null
) strict;
create index transition_of_zone on transition (zone, id);

-- Signers and parents added at run time, and small things that the daemon remembers about itself.
create table config (
    kind    text not null,
    name    text not null,
    content text not null,
    primary key (kind, name)
) strict, without rowid;
