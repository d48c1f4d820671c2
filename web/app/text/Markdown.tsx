/** A message's text as nodes of the page. */
import type { ComponentChildren } from "preact";
import { nameKey } from "../../core/rules/names";
import { blocks, type Block } from "./blocks";
import type { Inline } from "./inline";

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

/** A text in which calls are marked; `me` is one's own username. */
export function Markdown({ text, me }: { text: string; me: string }) {
  if (isBigEmoji(text)) return <p class="big-emoji">{text}</p>;
  return <>{blocks(text).map((block) => blockNode(block, me))}</>;
}

function blockNode(block: Block, me: string): ComponentChildren {
  switch (block.t) {
    case "p":
      return <p>{inlineNodes(block.kids, me)}</p>;
    case "pre":
      return (
        // Wide code scrolls, and what scrolls must be reachable by keyboard.
        <pre tabIndex={0} data-lang={block.lang || undefined}>
          <code>{block.s}</code>
        </pre>
      );
    case "quote":
      return <blockquote>{block.kids.map((kid) => blockNode(kid, me))}</blockquote>;
    case "list": {
      const items = block.items.map((item) => <li>{inlineNodes(item, me)}</li>);
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function inlineNodes(nodes: Inline[], me: string): ComponentChildren {
  return nodes.map((node) => {
    switch (node.t) {
      case "text":
        return node.s;
      case "break":
        return <br />;
      case "code":
        return <code>{node.s}</code>;
      case "strong":
        return <strong>{inlineNodes(node.kids, me)}</strong>;
      case "em":
        return <em>{inlineNodes(node.kids, me)}</em>;
      case "del":
        return <del>{inlineNodes(node.kids, me)}</del>;
      case "link":
        return (
          <a href={node.href} target="_blank" rel="noopener noreferrer">
            {inlineNodes(node.kids, me)}
          </a>
        );
      case "mention":
        return mention(node.name, me);
    }
  });
}

function mention(name: string, me: string): ComponentChildren {
  const key = nameKey(name);
  const isMe = key === "all" || key === nameKey(me);
  return <span class={isMe ? "mention mention-me" : "mention"}>@{name}</span>;
}

/** One to three emoji and nothing else are shown large. */
export function isBigEmoji(text: string): boolean {
  return text.length <= 40 && EMOJI_ONLY.test(text.trim());
}
