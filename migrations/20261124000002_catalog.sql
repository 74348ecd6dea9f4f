-- What is sold, for how much, at which rate of exchange. Global tables: insert and read only.

-- The catalogue as applied, whole. The highest version is the one in force.
create table catalog_versions (
    version bigint primary key,
    -- SHA-256 of the canonical document: applying the same file again makes no version.
    digest bytea not null check (length(digest) = 32),
    document jsonb not null,
    applied_at timestamptz not null default now()
);

-- Sold prices in USD per million tokens, as given. A change is a new row from a later moment; rows are never edited.
create table prices (
    price_id uuid primary key,
    model text not null,
    effective_from timestamptz not null,
    catalog_version bigint not null references catalog_versions,
    input numeric not null check (input >= 0 and scale(input) <= 12),
    cached_input numeric check (cached_input >= 0 and scale(cached_input) <= 12),
    cache_write numeric check (cache_write >= 0 and scale(cache_write) <= 12),
    cache_write_1h numeric check (cache_write_1h >= 0 and scale(cache_write_1h) <= 12),
    output numeric not null check (output >= 0 and scale(output) <= 12),
    reasoning numeric check (reasoning >= 0 and scale(reasoning) <= 12),
    per_request numeric not null default 0 check (per_request >= 0 and scale(per_request) <= 12),
    constraint prices_model_effective_from_key unique (model, effective_from)
);

-- One unit of base is worth rate units of quote. The quote named in an intent settles the request.
create table fx_quotes (
    fx_quote_id uuid primary key,
    base text not null check (base ~ '^[A-Z]{3}$'),
    quote text not null check (quote ~ '^[A-Z]{3}$'),
    rate numeric not null check (rate > 0 and scale(rate) <= 12),
    source text not null,
    as_of timestamptz not null,
    fetched_at timestamptz not null default now()
);
-- A dollar is a dollar.
insert into fx_quotes (fx_quote_id, base, quote, rate, source, as_of)
values ('00000000-0000-7000-8000-000000000001', 'USD', 'USD', 1, 'identity', '2026-01-01T00:00:00Z');
