/** What is opened before or beside the chats now and then; loaded when it is first used. */
export { AddPeople } from "../dialog/AddPeople";
export { Help } from "../dialog/Help";
export { NewChat } from "../dialog/NewChat";
export { ChooseOwner } from "../panel/ChooseOwner";
export { SidePanel } from "../panel/SidePanel";
export { InviteDialog } from "../settings/Invite";
export { Settings } from "../settings/Settings";
