/** What the procedures answer with, by the names that the screens use. Taken from the router: nothing is said twice. */
import type { Outputs } from "@signalbox/server/api/root";

export type Plan = Outputs["plan"]["get"];
export type Member = Outputs["member"]["list"][number];
export type Sprint = Outputs["sprint"]["list"][number];
export type Agent = Outputs["agent"]["list"][number];
export type AgentProfile = Outputs["agentProfile"]["list"][number];
export type Operator = Outputs["operator"]["list"][number];
export type Sandbox = Outputs["sandbox"]["list"][number];
export type SandboxDetail = Outputs["sandbox"]["get"];
export type Attempt = Outputs["attempt"]["list"][number];
export type Run = Outputs["run"]["list"][number];
export type Notification = Outputs["notification"]["list"]["items"][number];
export type NotificationPreference = Outputs["notificationPreference"]["list"][number];
export type Tile = Outputs["dashboard"]["get"]["tiles"][number];
export type Chat = Outputs["chat"]["list"][number];
export type TurnSummary = Chat["turns"][number];
