//! The simulated exchange, over its REST and its WebSocket.

mod exchange;
mod kept_book;

mod books;
mod connections;
mod faults;
mod requests;
mod rest;
