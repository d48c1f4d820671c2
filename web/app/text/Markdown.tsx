/** A message's text as nodes of the page. */
import type { ComponentChildren } from "preact";
import { nameKey, type Call } from "@vestnik/client";
import { blocks, type Block, type ListItem } from "./blocks";
import { CodeBlock } from "./CodeBlock";
import { blockDirection, firstDirection, type Direction } from "./direction";
import type { Inline } from "./inline";
import { textOf } from "./plain-text";

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

interface Props {
  text: string;
  calls?: readonly Call[];
  /** One's own username. */
  me: string;
  /** Somebody who is called has been chosen, by the name in the form that is compared. */
  onMention?: ((name: string, from: HTMLElement) => void) | undefined;
}

/** A text in which calls are marked. */
export function Markdown({ text, calls = [], me, onMention }: Props) {
  if (isBigEmoji(text)) return <p class="big-emoji">{text}</p>;
  const all = blocks(text, calls);
  const view = new View(nameKey(me), onMention);
  // What is nothing but marks is shown as it is.
  if (textOf(all) === "") return <p>{text.trim()}</p>;
  const around = firstDirection(all) ?? "ltr";
  return <>{all.map((block) => view.block(block, around))}</>;
}

class View {
  constructor(
    private readonly me: string,
    private readonly onMention: Props["onMention"],
  ) {}

  /** Each block runs as its first letter does; one without letters as what is around it. */
  block(block: Block, around: Direction): ComponentChildren {
    const dir = blockDirection(block) ?? around;
    switch (block.t) {
      case "p":
        return <p dir={dir} style={block.gap > 0 ? { "--gap": block.gap } : undefined}>{this.inline(block.kids)}</p>;
      case "heading":
        return <p dir={dir} class="heading" role="heading" aria-level={4}>{this.inline(block.kids)}</p>;
      case "pre":
        return <CodeBlock code={block.s} info={block.info} />;
      case "quote":
        return <blockquote dir={dir}>{block.kids.map((kid) => this.block(kid, dir))}</blockquote>;
      case "list":
        return this.list(block, dir);
      case "table":
        return this.table(block, dir);
      case "rule":
        return <hr />;
    }
  }

  private list({ isOrdered, items }: Extract<Block, { t: "list" }>, dir: Direction): ComponentChildren {
    const directed = items.map((item) => ({ item, own: firstDirection(item.kids) ?? dir }));
    const shown = directed.map(({ item, own }) => this.item(item, own));
    const isMixed = directed.some(({ own }) => own !== dir);
    const width = Math.max(...items.map(({ mark }) => mark.length));
    const classes = isMixed ? "is-mixed" : undefined;
    if (!isOrdered) return <ul dir={dir} class={classes}>{shown}</ul>;
    return <ol dir={dir} class={classes} style={{ "--mark": width }}>{shown}</ol>;
  }

  private item({ mark, done, kids }: ListItem, dir: Direction): ComponentChildren {
    const inner = kids.map((kid) => this.block(kid, dir));
    if (mark !== "") return <li dir={dir} value={parseInt(mark, 10)} style={{ listStyleType: JSON.stringify(`${mark} `) }}>{box(done)}{inner}</li>;
    return <li dir={dir} class={done === null ? undefined : "task"}>{box(done)}{inner}</li>;
  }

  private table({ head, rows }: Extract<Block, { t: "table" }>, dir: Direction): ComponentChildren {
    // A wide one scrolls, and what scrolls must be reachable by keyboard.
    return (
      <div class="table" tabIndex={0} dir={dir}>
        <table>
          <thead><tr>{head.map((cell) => <th dir="auto">{this.inline(cell)}</th>)}</tr></thead>
          <tbody>{rows.map((row) => <tr>{row.map((cell) => <td dir="auto">{this.inline(cell)}</td>)}</tr>)}</tbody>
        </table>
      </div>
    );
  }

  private inline(nodes: readonly Inline[]): ComponentChildren {
    return nodes.map((node) => {
      switch (node.t) {
        case "text":
          return node.s;
        case "break":
          return <br />;
        case "code":
          return <code dir="ltr">{node.s}</code>;
        case "strong":
          return <strong>{this.inline(node.kids)}</strong>;
        case "em":
          return <em>{this.inline(node.kids)}</em>;
        case "del":
          return <del>{this.inline(node.kids)}</del>;
        case "link":
          return (
            <a href={node.href} title={node.isNamed ? node.href : undefined} target="_blank" rel="noopener noreferrer">
              {this.inline(node.kids)}
            </a>
          );
        case "mention":
          return this.mention(node.s, node.name);
      }
    });
  }

  private mention(shown: string, name: string | null): ComponentChildren {
    const isMe = name === null || name === this.me;
    const { onMention } = this;
    const classes = isMe ? "mention mention-me" : "mention";
    if (isMe || onMention === undefined) return <bdi class={classes}>{shown}</bdi>;
    return (
      <button type="button" class={classes} tabIndex={-1} onClick={(event) => onMention(name, event.currentTarget)}>
        <bdi>{shown}</bdi>
      </button>
    );
  }
}

function box(done: boolean | null): ComponentChildren {
  return done === null ? null : <input type="checkbox" checked={done} disabled />;
}

/** One to three emoji and nothing else are shown large. */
export function isBigEmoji(text: string): boolean {
  return text.length <= 40 && EMOJI_ONLY.test(text.trim());
}
