//! Asking an actor for what must happen once it was asked for. A message that was sent with `send` is
//! dropped unseen if its sender stops waiting before the actor comes to it, and a client that hangs up
//! stops its handler.

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, MailboxError, Message};

/// The actor's answer. The command is carried out even if nobody waits for that any more.
pub(super) async fn carry_out<A, M>(actor: &Addr<A>, command: M) -> Result<M::Result, MailboxError>
where
    A: Actor + Handler<M>,
    A::Context: ToEnvelope<A, M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    // The task waits on, whatever becomes of its caller.
    let answered = actix_rt::spawn(actor.send(command));
    answered.await.unwrap_or(Err(MailboxError::Closed))
}

#[cfg(test)]
mod tests {
    use actix::{AsyncContext, Context, WrapFuture};
    use futures_util::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    /// Counts, and does nothing else until it is released.
    struct Counter {
        count: usize,
        released: Option<oneshot::Receiver<()>>,
    }

    impl Actor for Counter {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Context<Self>) {
            let released = self.released.take();
            let wait = async move {
                if let Some(released) = released {
                    let _ = released.await;
                }
            };
            ctx.wait(wait.into_actor(self));
        }
    }

    #[derive(Message)]
    #[rtype(result = "usize")]
    struct Count;

    impl Handler<Count> for Counter {
        type Result = usize;

        fn handle(&mut self, _: Count, _: &mut Context<Self>) -> usize {
            self.count += 1;
            self.count
        }
    }

    #[actix_rt::test]
    async fn a_caller_that_hangs_up_takes_nothing_back() {
        let (release, released) = oneshot::channel();
        let counter = Counter {
            count: 0,
            released: Some(released),
        };
        let counter = counter.start();
        let mut asked = Box::pin(carry_out(&counter, Count));
        assert!(asked.as_mut().now_or_never().is_none(), "the actor is busy");
        drop(asked);
        drop(release);
        assert_eq!(counter.send(Count).await.ok(), Some(2));
    }
}
