import { Gauge, KeyRound, ReceiptText } from "lucide-react";
import classes from "@/features/session/components/offer.module.css";

const POINTS = [
  { icon: KeyRound, title: "One key, every model", text: "OpenAI, Anthropic, Google and DeepSeek behind the client that you have." },
  { icon: ReceiptText, title: "Every reply says what it cost", text: "The same figure stands in usage and on the invoice, to the last digit." },
  { icon: Gauge, title: "Paid as you go", text: "Free credit to begin with, no card, no subscription." },
];

/** What Turnpike is, to somebody who has not been inside. */
export function Offer() {
  return (
    <aside className={classes.offer} aria-label="About Turnpike">
      <p className={classes.claim}>The road to every model, with a toll that adds up.</p>
      <ul className={classes.points}>
        {POINTS.map(({ icon: Icon, title, text }) => (
          <li key={title} className={classes.point}>
            <Icon size={20} strokeWidth={1.8} aria-hidden />
            <span>
              <strong>{title}</strong>
              {text}
            </span>
          </li>
        ))}
      </ul>
      <pre className={classes.code} tabIndex={0} aria-label="What changes in your program">
        {"client = OpenAI(\n    "}
        <mark>{`base_url="${window.location.origin}/v1"`}</mark>
        {",\n    "}
        <mark>api_key=&quot;tp_live_…&quot;</mark>
        {",\n)"}
      </pre>
    </aside>
  );
}
