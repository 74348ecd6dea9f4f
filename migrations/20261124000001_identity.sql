-- Who: plans, tenants, users, members, sessions, API keys, and the directory that finds a tenant before it is known.

grant usage on schema public to turnpike_app, turnpike_job;

-- Limits as data. A plan is global: it names no tenant. (reference table)
create table plans (
    plan_id text primary key,
    name text not null,
    -- Sliding window of 60 s on Redis server time.
    requests_per_minute integer not null check (requests_per_minute > 0),
    tokens_per_minute integer not null check (tokens_per_minute > 0),
    concurrent_requests integer not null check (concurrent_requests > 0),
    -- null: every model of the catalogue.
    models text[],
    created_at timestamptz not null default now()
);
insert into plans (plan_id, name, requests_per_minute, tokens_per_minute, concurrent_requests)
values ('default', 'Default', 1000, 1000000, 50);

create table tenants (
    tenant_id uuid primary key,
    name text not null check (length(name) between 1 and 200),
    -- Fixed at creation: balance, holds, charges and invoices are in it.
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    plan_id text not null references plans,
    status text not null default 'active' check (status in ('active', 'suspended')),
    -- What may be owed beyond the balance; 0 for prepaid.
    credit_limit numeric not null default 0 check (credit_limit >= 0 and scale(credit_limit) <= 12),
    -- Raised by every change of credit, limit, key, flag or setting, in the same transaction (see revisions).
    version bigint not null default 1,
    -- Number of the latest load of this tenant's state into Redis.
    generation bigint not null default 0,
    created_at timestamptz not null default now()
);

-- A person; belongs to no tenant. (global table)
create table users (
    user_id uuid primary key,
    -- As typed, for display and mail.
    email text not null,
    -- PHC string of argon2id.
    password_hash text not null,
    -- Raised by a password change: every session with another number is over.
    session_version integer not null default 1,
    created_at timestamptz not null default now()
);
create unique index users_email_key on users (lower(email));

create table members (
    tenant_id uuid not null references tenants,
    user_id uuid not null references users,
    role text not null check (role in ('owner', 'admin', 'developer', 'billing', 'viewer')),
    joined_at timestamptz not null default now(),
    primary key (tenant_id, user_id)
);
create index members_user_id on members (user_id);

-- One login of one browser; the refresh token rotates within it. (global table)
create table sessions (
    session_id uuid primary key,
    user_id uuid not null references users,
    -- The organisation that this session works in.
    tenant_id uuid not null,
    -- SHA-256 of the refresh token that is good now, and of the one before it: two tabs may refresh at once, so the
    -- previous one is still answered for a few seconds after the rotation; later use means theft and revokes the session.
    refresh_digest bytea not null check (length(refresh_digest) = 32),
    previous_digest bytea check (length(previous_digest) = 32),
    rotated_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index sessions_user_id on sessions (user_id);

create table api_keys (
    tenant_id uuid not null references tenants,
    api_key_id uuid not null,
    name text not null check (length(name) between 1 and 100),
    environment text not null check (environment in ('live', 'test')),
    -- HMAC-SHA-256 of the key under the pepper of that version. The key itself is stored nowhere.
    digest bytea not null check (length(digest) = 32),
    pepper_version smallint not null,
    -- For display only.
    prefix text not null,
    last_four text not null check (length(last_four) = 4),
    -- null: every model of the plan.
    models text[],
    created_by uuid not null references users,
    created_at timestamptz not null default now(),
    -- Written by the shipper with the usage rows, not per request.
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, api_key_id),
    constraint api_keys_digest_key unique (tenant_id, digest)
);

-- Which tenant does this secret belong to? Ids only, no row-level security, written in the transaction that makes the
-- thing it names. (global table)
create table directory (
    kind text not null check (kind in ('api_key', 'session')),
    digest bytea not null,
    tenant_id uuid not null,
    id uuid not null,
    primary key (kind, digest)
);

-- Sign-up credit is given once per normalised address, and seldom per network and day. (global table)
create table sign_up_grants (
    email_normalised text primary key,
    -- /24 of an IPv4 address, /48 of an IPv6 address.
    network text not null,
    tenant_id uuid not null,
    granted_at timestamptz not null default now()
);
create index sign_up_grants_network on sign_up_grants (network, granted_at);
