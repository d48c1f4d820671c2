import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backAtPanel, LIST, stepFromPanel, stepOf, stepTo, type Place, type Step } from "./navigation";

/** A browser's history. */
class Journey {
  entries: Place[] = [{ hash: LIST, mark: {} }];
  at = 0;
  get now(): Place {
    return this.entries[this.at] ?? { hash: LIST, mark: {} };
  }
  take(step: Step, isNarrow: boolean): void {
    if (step.do === "back") {
      this.at -= 1;
      if (step.then !== null) this.take(stepTo(step.then, this.now, isNarrow), isNarrow);
    } else if (step.do !== "stay") {
      if (step.do === "push") this.at += 1;
      this.entries = [...this.entries.slice(0, this.at), step.to];
    }
  }
}

const CHATS = ["#/chat/1", "#/chat/2", "#/chat/3"];
const acts = fc.array(fc.constantFrom(...CHATS, LIST, "open", "close"), { maxLength: 30 });

function walk(all: string[], isNarrow: boolean): Journey {
  const journey = new Journey();
  for (const act of all) {
    const isLayer = act === "open" || act === "close";
    journey.take(isLayer ? stepOf(act === "open", journey.now) : stepTo(act, journey.now, isNarrow), isNarrow);
    if (!isLayer) expect(journey.now.hash).toBe(act);
  }
  return journey;
}

describe("where there is room for one thing only", () => {
  it("the history is the list, a chat, and what stands before it, whatever one does", () => {
    fc.assert(fc.property(acts, (all) => {
      const { entries, at } = walk(all, true);
      expect(entries.length).toBeLessThanOrEqual(3);
      const [base, chat, front] = entries.slice(0, at + 1);
      expect(base?.hash).toBe(LIST);
      if (chat !== undefined) expect(chat.mark.overList === true || chat.mark.front === true).toBe(true);
      if (front !== undefined) expect(front).toEqual({ hash: chat?.hash, mark: { overList: true, front: true } });
    }));
  });

  it("one who came to a chat from outside finds the list in its place", () => {
    expect(stepTo(LIST, { hash: "#/chat/4", mark: {} }, true)).toEqual({ do: "replace", to: { hash: LIST, mark: {} } });
  });
});

describe("where there is room for both", () => {
  it("each place has been one's own entry, and what stood before them has none", () => {
    fc.assert(fc.property(acts, (all) => {
      const journey = walk(all, false);
      const places = all.filter((act) => act !== "open" && act !== "close");
      const changes = [LIST, ...places].filter((place, at, from) => place !== from[at - 1]);
      expect(journey.entries.slice(0, journey.at + 1).filter(({ mark }) => !mark.front).map(({ hash }) => hash)).toEqual(changes);
    }));
  });
});

describe("what is gone to from a panel that stands before the page", () => {
  it("has the panel behind it, which stands before the page again once one is back", () => {
    const panel: Place = { hash: "#/chat/1", mark: { front: true, overList: true } };
    const { here, next } = stepFromPanel("#/chat/2/40", panel);
    expect(next).toEqual({ hash: "#/chat/2/40", mark: { overList: true } });
    // Forwards there is no panel to take away, and backwards there is one.
    expect(stepOf(false, next)).toEqual({ do: "stay" });
    const back = backAtPanel(here);
    expect(back).toEqual({ front: true, overList: true });
    expect(stepOf(true, { hash: "#/chat/1", mark: back ?? {} })).toEqual({ do: "stay" });
  });

  it("leaves any other entry as it is", () => {
    expect(backAtPanel({ overList: true })).toBeNull();
    expect(stepFromPanel("#/chat/2", { hash: "#/chat/1", mark: {} }).here).toEqual({});
  });
});
