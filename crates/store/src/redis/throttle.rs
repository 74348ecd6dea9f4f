//! Slowing down repeated log-ins. Counters of their own, outside every tenant's slot; lost with Redis, which only forgives.

use super::Redis;
use crate::Result;

impl Redis {
    /// Counts one attempt under each name and returns the highest count within its window.
    pub async fn throttle_count(&self, names: &[String], window_s: u64) -> Result<u64> {
        let mut highest = 0;
        for name in names {
            let key = format!("throttle:{name}");
            let mut pipe = redis::pipe();
            pipe.incr(&key, 1).cmd("EXPIRE").arg(&key).arg(window_s).arg("NX").ignore();
            let (count,): (u64,) = pipe.query_async(&mut self.connection()).await?;
            highest = highest.max(count);
        }
        Ok(highest)
    }

    /// Forgets the attempts under a name, after a success.
    pub async fn throttle_clear(&self, name: &str) -> Result<()> {
        Ok(redis::cmd("DEL").arg(format!("throttle:{name}")).query_async::<()>(&mut self.connection()).await?)
    }
}
