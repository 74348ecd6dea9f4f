/* Drives upstream-sim's exchange with the `ccxt` package: what ccxt keeps a book from here, it keeps one from at Binance.

Usage: node sim_ccxt.mjs EXCHANGE_URL [SECONDS]   (such as http://127.0.0.1:9101; needs only `npm ci` beside this file)
Prints a line per case; exit code 1 when any failed. SECONDS (3) is how long each kept book is watched.
*/

import assert from 'node:assert/strict';
import { ChecksumError, DDoSProtection, NetworkError, pro } from 'ccxt';

const [url, seconds = '3'] = process.argv.slice(2);
if (!url) {
    console.error('usage: node sim_ccxt.mjs EXCHANGE_URL [SECONDS]');
    process.exit(2);
}
const HOST = new URL(url).host;
const WATCH_MS = Number(seconds) * 1000;
const PATIENCE_MS = 30_000;
const BTC = { symbol: 'BTC/USDT', id: 'BTCUSDT' };
const ETH = { symbol: 'ETH/USDT', id: 'ETHUSDT' };

/* More than the simulated books hold, so that a kept book can be compared whole. */
const WHOLE = 5000;

async function control(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://${HOST}/sim/binance/${path}`, { method, headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${path}: ${response.status}`);
    return response.status === 204 ? undefined : response.json();
}

const plant = (fault, symbol = BTC.id, times = 1) => control('POST', 'faults', { symbol, fault, times });
const stats = () => control('GET', 'stats');

async function binance() {
    const client = new pro.binance({ options: { fetchMarkets: { types: ['spot'] } } });
    client.urls.api = { ...client.urls.api, public: `http://${HOST}/api/v3` };
    client.urls.api.ws = { ...client.urls.api.ws, spot: `ws://${HOST}/ws` };
    await client.loadHttpProxyAgent(); // ccxt asks for it where the address is not TLS.
    await client.loadMarkets();
    return client;
}

/* The next state of the book, copied, because ccxt goes on changing its own. */
async function nextBook(client, market) {
    const { nonce, bids, asks } = await client.watchOrderBook(market.symbol, WHOLE);
    const copy = (levels) => Array.from(levels, ([price, amount]) => [price, amount]);
    return { nonce, bids: copy(bids), asks: copy(asks) };
}

async function assertTrue(book, market) {
    const truth = await control('GET', `book?symbol=${market.id}&update_id=${book.nonce}`);
    const numbers = (levels) => levels.map((level) => level.map(Number));
    assert.deepEqual(book.bids, numbers(truth.bids), `bids at ${book.nonce}`);
    assert.deepEqual(book.asks, numbers(truth.asks), `asks at ${book.nonce}`);
}

/* Watches for the time, counted from the first state, because ccxt spaces its requests for snapshots.
Every state must be the truth at its own update id. Returns how many there were. */
async function watchTrueBook(client, market, milliseconds = WATCH_MS) {
    let until;
    let states = 0;
    let last = 0;
    while (until === undefined || Date.now() < until) {
        const book = await nextBook(client, market);
        until ??= Date.now() + milliseconds;
        assert.ok(book.nonce >= last, 'the nonce went back');
        last = book.nonce;
        await assertTrue(book, market);
        states += 1;
    }
    return states;
}

/* Watches until ccxt gives up on the book; fails when it does not. */
async function watchUntilRejected(client, market) {
    const until = Date.now() + 5_000;
    while (Date.now() < until) {
        try {
            await assertTrue(await nextBook(client, market), market);
        } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
            return error;
        }
    }
    return assert.fail('nothing was noticed');
}

const cases = {
    async 'markets load with their precisions'(client) {
        assert.deepEqual(Object.keys(client.markets).slice(0, 3), ['BTC/USDT', 'ETH/USDT', 'SOL/USDT']);
        assert.equal(client.markets['BTC/USDT'].precision.price, 0.01);
        assert.equal(client.markets['BTC/USDT'].precision.amount, 0.00001);
        assert.ok(client.markets['BTC/USDT'].active && client.markets['BTC/USDT'].spot);
        assert.equal((await client.fetchTicker('ETH/USDT')).symbol, 'ETH/USDT');
        assert.ok((await client.fetchTrades('ETH/USDT', undefined, 10, { fetchTradesMethod: 'publicGetTrades' })).length > 0);
    },

    async 'two kept books are the truth at every update id'(client) {
        const states = await Promise.all([watchTrueBook(client, BTC), watchTrueBook(client, ETH)]);
        assert.ok(Math.min(...states) > WATCH_MS / 500, `only ${states} states`);
    },

    async 'trade ids rise by one'(client) {
        await assertRising(client, 'trade', (trade) => [Number(trade.id), Number(trade.id)]);
    },

    async 'aggregate trades cover every trade id once'(client) {
        await assertRising(client, 'aggTrade', ({ info }) => [Number(info.f), Number(info.l)]);
    },

    async 'a planted gap is noticed, and a new snapshot mends the book'(client) {
        await watchTrueBook(client, BTC, 500);
        const { snapshots } = await stats();
        await plant('gap');
        assert.ok((await watchUntilRejected(client, BTC)) instanceof ChecksumError);
        await watchTrueBook(client, BTC, 1_000);
        assert.equal((await stats()).snapshots, snapshots + 1);
    },

    async 'a gap in one symbol leaves the other alone'(client) {
        await Promise.all([watchTrueBook(client, BTC, 500), watchTrueBook(client, ETH, 500)]);
        await plant('gap', ETH.id);
        const [states, error] = await Promise.all([watchTrueBook(client, BTC), watchUntilRejected(client, ETH)]);
        assert.ok(error instanceof ChecksumError && states > WATCH_MS / 500);
    },

    async 'a repeated message changes nothing'(client) {
        await watchTrueBook(client, BTC, 500);
        await plant('repeat', BTC.id, 3);
        await watchTrueBook(client, BTC, 1_500);
    },

    async 'reordered messages are noticed'(client) {
        await watchTrueBook(client, BTC, 500);
        await plant('reorder');
        assert.ok((await watchUntilRejected(client, BTC)) instanceof ChecksumError);
    },

    async 'a stall is followed by the truth'(client) {
        await watchTrueBook(client, BTC, 500);
        await plant('stall-700');
        const before = Date.now();
        let longest = 0;
        for (let last = before; last < before + 2_000; ) {
            await assertTrue(await nextBook(client, BTC), BTC);
            const now = Date.now();
            longest = Math.max(longest, now - last);
            last = now;
        }
        assert.ok(longest >= 600, `nothing paused: ${longest} ms`);
    },

    async 'an oversized message is still a message'(client) {
        await watchTrueBook(client, BTC, 500);
        await plant('oversized');
        await watchTrueBook(client, BTC, 1_500);
    },

    async 'a late snapshot still aligns'(client) {
        await plant('late-snapshot-800');
        await watchTrueBook(client, BTC, 1_500);
    },

    async 'a snapshot from before the stream is not taken'(client) {
        await plant('old-snapshot');
        assert.ok((await watchUntilRejected(client, BTC)) instanceof ChecksumError);
        await watchTrueBook(client, BTC, 1_000);
    },

    async 'a cut connection is noticed, and another mends the book'(client) {
        await watchTrueBook(client, BTC, 500);
        await plant('disconnect');
        assert.ok((await watchUntilRejected(client, BTC)) instanceof NetworkError);
        await watchTrueBook(client, BTC, 1_000);
    },

    async 'the end of 24 hours is a close like any other'(client) {
        await watchTrueBook(client, BTC, 500);
        await plant('close-24h');
        assert.ok((await watchUntilRejected(client, BTC)) instanceof NetworkError);
        await watchTrueBook(client, BTC, 1_000);
    },

    async 'a 429 is about speed'(client) {
        await plant('rest-429');
        await assert.rejects(client.fetchOrderBook('BTC/USDT'), DDoSProtection);
        assert.ok((await client.fetchOrderBook('BTC/USDT')).nonce > 0);
    },
};

async function assertRising(client, name, firstAndLast) {
    const until = Date.now() + WATCH_MS;
    let next;
    let seen = 0;
    while (Date.now() < until || seen < 10) {
        const trades = await client.watchTradesForSymbols([BTC.symbol], undefined, undefined, { name });
        for (const trade of trades) {
            const [first, last] = firstAndLast(trade);
            assert.equal(first, next ?? first, 'an id is missing or comes twice');
            assert.ok(last >= first && trade.amount > 0);
            next = last + 1;
            seen += 1;
        }
    }
}

function withDeadline(promise) {
    const late = new Promise((_, reject) => {
        setTimeout(() => reject(new Error(`no end after ${PATIENCE_MS} ms`)), PATIENCE_MS).unref();
    });
    return Promise.race([promise, late]);
}

let failed = 0;
for (const [name, run] of Object.entries(cases)) {
    await control('POST', 'reset');
    const client = await binance();
    try {
        await withDeadline(run(client));
        console.log(`ok      ${name}`);
    } catch (error) {
        failed += 1;
        console.log(`FAILED  ${name}\n${error.stack}`);
    }
    await client.close();
}
console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
