import type { Chat, ChatView, Member, Role } from "@vestnik/client";
import { reportFailure } from "../chat/actions";
import { writeTo } from "../dialog/Switcher";
import { me, nameOf, plainName } from "../state/client";
import { grantable, mayGovern, mayManage, ROLES } from "../state/rights";
import { ask, overlay } from "../state/overlays";
import { Avatar } from "../text/Avatar";
import { Icon } from "../shell/Icon";
import { IconButton } from "../shell/IconButton";
import { t } from "../words";

export function Members({ view, chat }: { view: ChatView; chat: Chat }) {
  const online = view.online.value;
  const members = [...view.members.value].sort(
    (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || plainName(a).localeCompare(plainName(b)),
  );
  // General holds everybody: nobody is added to it.
  const mayAdd = mayManage(chat) && chat.type === "group";
  return (
    <section aria-label={t("panel.members")}>
      <h3 class="panel-section">
        {t("panel.members")} <span class="quiet">{members.length}</span>
      </h3>
      {mayAdd && (
        <button type="button" class="row-button" onClick={() => (overlay.value = { kind: "add", chat: chat.id })}>
          <Icon name="plus" />
          {t("panel.add")}
        </button>
      )}
      <ul class="members">
        {members.map((member) => (
          <MemberRow key={member.id} view={view} chat={chat} member={member} online={online?.has(member.id) === true} />
        ))}
      </ul>
    </section>
  );
}

function MemberRow({ view, chat, member, online }: { view: ChatView; chat: Chat; member: Member; online: boolean }) {
  const name = nameOf(member);
  const isMe = member.id === me()?.id;
  const governs = mayManage(chat) && !isMe && mayGovern(chat.role, member.role);
  const roles = grantable(chat.role);
  const remove = () =>
    ask({
      title: t("panel.removeTitle", { name }),
      body: t("panel.removeBody"),
      action: t("panel.removeDo"),
      run: () => void reportFailure(view.removeMember(member.id)),
    });
  return (
    <li class="member">
      <button type="button" class="member-name" disabled={isMe} title={isMe ? undefined : t("panel.write", { name })} onClick={() => writeTo(member)}>
        <Avatar id={member.id} name={plainName(member)} online={online} small />
        <span>
          <span dir="auto">{plainName(member)}{isMe ? ` (${t("app.you").toLocaleLowerCase()})` : ""}</span>
          {plainName(member) !== member.username && <small>@{member.username}</small>}
        </span>
      </button>
      {governs ? (
        <select
          class="select"
          aria-label={t("panel.role", { name })}
          value={member.role}
          onChange={(event) => void reportFailure(view.setRole(member.id, event.currentTarget.value as Role))}
        >
          {roles.map((role) => (
            <option key={role} value={role}>{t(`role.${role}`)}</option>
          ))}
        </select>
      ) : (
        <span class="quiet member-role">{member.role === "member" ? "" : t(`role.${member.role}`)}</span>
      )}
      {governs && chat.type === "group" && <IconButton icon="close" label={t("panel.remove", { name })} onClick={remove} />}
    </li>
  );
}
