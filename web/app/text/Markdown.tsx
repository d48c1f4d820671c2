/** A message's text as nodes of the page. */
import type { ComponentChildren } from "preact";
import { blocks, type Block } from "./blocks";
import { inline, type Inline } from "./inline";

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

interface Names {
  /** Are the mentions of this message real ones? */
  mentions: boolean;
  /** One's own username. */
  me: string;
}

export function Markdown({ text, mentions, me }: { text: string } & Names) {
  if (isBigEmoji(text)) return <p class="big-emoji">{text}</p>;
  return <>{blocks(text).map((block) => blockNode(block, { mentions, me }))}</>;
}

/** One line of it, without blocks. */
export function InlineMarkdown({ text }: { text: string }) {
  return <>{inlineNodes(inline(text), { mentions: false, me: "" })}</>;
}

function blockNode(block: Block, names: Names): ComponentChildren {
  switch (block.t) {
    case "p":
      return <p>{inlineNodes(block.kids, names)}</p>;
    case "pre":
      return (
        // Wide code scrolls, and what scrolls must be reachable by keyboard.
        <pre tabIndex={0} data-lang={block.lang || undefined}>
          <code>{block.s}</code>
        </pre>
      );
    case "quote":
      return <blockquote>{block.kids.map((kid) => blockNode(kid, names))}</blockquote>;
    case "list": {
      const items = block.items.map((item) => <li>{inlineNodes(item, names)}</li>);
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function inlineNodes(nodes: Inline[], names: Names): ComponentChildren {
  return nodes.map((node) => {
    switch (node.t) {
      case "text":
        return node.s;
      case "break":
        return <br />;
      case "code":
        return <code>{node.s}</code>;
      case "strong":
        return <strong>{inlineNodes(node.kids, names)}</strong>;
      case "em":
        return <em>{inlineNodes(node.kids, names)}</em>;
      case "del":
        return <del>{inlineNodes(node.kids, names)}</del>;
      case "link":
        return (
          <a href={node.href} target="_blank" rel="noopener noreferrer">
            {inlineNodes(node.kids, names)}
          </a>
        );
      case "mention":
        return mention(node.name, names);
    }
  });
}

function mention(name: string, names: Names): ComponentChildren {
  if (!names.mentions) return `@${name}`;
  const folded = name.toLowerCase();
  const isMe = folded === "all" || folded === names.me.toLowerCase();
  return <span class={isMe ? "mention mention-me" : "mention"}>@{name}</span>;
}

/** One to three emoji and nothing else are shown large. */
export function isBigEmoji(text: string): boolean {
  return text.length <= 40 && EMOJI_ONLY.test(text.trim());
}
