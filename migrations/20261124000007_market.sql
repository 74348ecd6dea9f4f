-- What a plan allows of market data. Prices stand with the models', as the model `market`: input = a million topic minutes,
-- per_request = a connection minute.
alter table plans
    -- Sockets that one gateway holds open for a tenant at once.
    add column market_connections integer not null default 5 check (market_connections > 0),
    -- Topics of one connection at once.
    add column market_topics integer not null default 100 check (market_topics > 0),
    -- Messages sent to one connection in a second; beyond that it is treated as a slow one.
    add column market_messages_per_second integer not null default 5000 check (market_messages_per_second > 0);
