import { render } from "preact";
import { createClient } from "@vestnik/client";
import { browserEnvironment } from "@vestnik/client/browser";
import { App } from "./shell/App";
import { tellOfEndings } from "./shell/ended-chats";
import { keepUsersApart } from "./shell/users-apart";
import { followBeginnings } from "./shell/private-begun";
import { followBack } from "./shell/back";
import { fetchParts } from "./shell/parts";
import { takeFiles } from "./shell/take-files";
import { listenToKeys } from "./shell/global-keys";
import { askBeforeLosing } from "./shell/ask-before-close";
import { notifyOfMessages } from "./shell/notify";
import { keepTitle } from "./shell/title";
import { followVersion } from "./shell/page-update";
import { forgetNetwork, keepShell } from "./shell/service-worker";
import { followConnection } from "./state/disconnected";
import { provide } from "./state/client";
import { followAddress } from "./state/route";
import { keepSettings } from "./state/settings";
import { keepDay } from "./words/dates";
import { followLanguage } from "./words/follow-language";
import "./style/index.css";

async function make() {
  if (import.meta.env.DEV && location.search.includes("fake")) {
    return (await import("./dev/fake")).createFake();
  }
  return createClient(browserEnvironment());
}

async function begin(): Promise<void> {
  forgetNetwork();
  keepSettings();
  keepDay();
  followAddress();
  await followLanguage();
  const client = await make();
  provide(client);
  followConnection();
  const root = document.getElementById("app");
  if (root !== null) render(<App />, root);
  keepUsersApart();
  keepTitle();
  followBeginnings();
  listenToKeys();
  notifyOfMessages();
  askBeforeLosing();
  tellOfEndings();
  followBack();
  takeFiles();
  followVersion();
  if (import.meta.env.PROD) keepShell();
  await client.start();
  fetchParts();
}

void begin();
