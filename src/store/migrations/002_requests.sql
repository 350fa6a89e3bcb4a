-- Who asked for what. Lines are only added; each hash covers the one before, so a changed line shows.
create table audit (
    id   integer primary key,
    text text not null,
    hash text not null
) strict;
create trigger audit_stays before update on audit begin
    select raise(abort, 'lines of the audit log do not change');
end;
create trigger audit_keeps before delete on audit begin
    select raise(abort, 'lines of the audit log are not removed');
end;

-- Requests that are carried out once, by the caller and the key that came with them.
create table once (
    key     text primary key,
    request text not null,
    at      integer not null,
    done    integer not null check (done in (0, 1)),
    status  integer not null,
    body    text not null
) strict, without rowid;
create index once_by_age on once (at);
