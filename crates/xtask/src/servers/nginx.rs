//! nginx as a plain reverse proxy: the yardstick of the benchmark.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::servers::process::{Server, Stop};

/// One worker, kept connections on both sides, no access log, no buffering of streams: the least a proxy can do.
fn configuration(home: &Path, port: u16, upstream_port: u16) -> String {
    let home = home.display();
    format!(
        "daemon off; worker_processes 1; pid {home}/nginx.pid; error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 1000000;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  upstream simulator {{ server 127.0.0.1:{upstream_port}; keepalive 256; keepalive_requests 1000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://simulator; proxy_http_version 1.1; proxy_set_header connection \"\"; proxy_buffering off;
    }}
  }}
}}
"
    )
}

pub(crate) fn start(program: &Path, home: &Path, port: u16, upstream_port: u16, logs: &Path) -> Result<Server> {
    std::fs::create_dir_all(home).with_context(|| format!("create {}", home.display()))?;
    let file = home.join("nginx.conf");
    std::fs::write(&file, configuration(home, port, upstream_port))
        .with_context(|| format!("write {}", file.display()))?;
    let mut command = Command::new(program);
    command.arg("-p").arg(home).arg("-c").arg(&file);
    let mut server = Server::start("nginx", &mut command, logs, Stop::TERM)?;
    server.wait_until(Duration::from_secs(10), || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
    Ok(server)
}
