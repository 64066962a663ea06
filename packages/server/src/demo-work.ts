/** The demo team's work, as data: what stands on the board, and what was done before. */
import type { PlanStatus } from "@signalbox/catalog/plan-workflow";

interface DemoPlan {
  title: string;
  description?: string;
  status: PlanStatus;
  estimate?: number;
  isMine?: boolean;
}

export const DEMO_INITIATIVES = [
  {
    title: "Nobody waits for a refresh",
    description: "Everything on the screen is current, and stays so when the network does not cooperate.",
  },
  { title: "A night without a page", description: "What breaks at three in the morning mends itself, or can wait." },
];

export const DEMO_PLANS: readonly DemoPlan[] = [
  {
    title: "Export the monthly report as CSV",
    description: "Finance copies the table by hand. One button, UTF-8 with a header row, the same filters as the page.",
    status: "in-progress",
    estimate: 5,
    isMine: true,
  },
  { title: "Rotate the signing keys without signing anybody out", status: "in-progress", estimate: 8 },
  { title: "Show who is looking at the same plan", status: "in-review", estimate: 3 },
  { title: "Write the runbook for a full disk", status: "in-review", estimate: 2, isMine: true },
  { title: "Search across plans and chats", status: "draft", estimate: 13 },
  { title: "Keyboard shortcuts on the board", status: "draft", estimate: 3, isMine: true },
  { title: "Import from the old tracker", status: "draft", estimate: 8 },
  { title: "Upgrade the payment library", status: "blocked", estimate: 5 },
  { title: "Dark mode for printed reports", status: "cancelled", estimate: 1 },
  { title: "Resume a running turn after a reconnect", status: "complete", estimate: 8 },
  { title: "Send one signal per change", status: "complete", estimate: 5 },
];

interface EarlierWork {
  title: string;
  estimate: number | null;
  /** How much of the usual time for its size it took. */
  pace: number;
  isDropped?: boolean;
}

/** In the order in which it was begun; the same number of plans for each earlier sprint. */
export const EARLIER_WORK: readonly EarlierWork[] = [
  { title: "Sign in with a link", estimate: 5, pace: 1.1 },
  { title: "Lay out the board", estimate: 8, pace: 1 },
  { title: "Drag a card by keyboard", estimate: 3, pace: 1.6 },
  { title: "Record who moved what", estimate: 2, pace: 0.9 },
  { title: "Bound the size of a title", estimate: 1, pace: 1 },
  { title: "Pick the fonts", estimate: 2, pace: 0.4 },
  { title: "Load the board in one request", estimate: 5, pace: 1.2 },
  { title: "Tell members apart by colour", estimate: 3, pace: 1, isDropped: true },

  { title: "Keep the place of a card between reloads", estimate: 3, pace: 0.8 },
  { title: "Back up the store every night", estimate: 5, pace: 1.3 },
  { title: "Show errors in plain words", estimate: 3, pace: 1 },
  { title: "Refuse an impossible move kindly", estimate: 2, pace: 1.1 },
  { title: "Group plans into initiatives", estimate: 8, pace: 1.4 },
  { title: "Answer health checks", estimate: 1, pace: 0.7 },
  { title: "Measure the start of the server", estimate: null, pace: 1 },
  { title: "Find a plan by its title", estimate: 5, pace: 1 },

  { title: "Notify the assignee of a move", estimate: 5, pace: 0.9 },
  { title: "Mark notifications as seen", estimate: 2, pace: 1 },
  { title: "Count the unseen in every tab alike", estimate: 3, pace: 2.1 },
  { title: "Enrol an operator with a token", estimate: 8, pace: 1.1 },
  { title: "Stop a run from another device", estimate: 5, pace: 1 },
  { title: "Write down what is promised", estimate: 3, pace: 0.6 },
  { title: "Cut long output and say so", estimate: 2, pace: 1.2 },
  { title: "Limit the tries of a sign-in", estimate: 3, pace: 1 },

  { title: "Reconnect after sleep", estimate: 5, pace: 1 },
  { title: "Tell an old cursor from a new one", estimate: 5, pace: 0.8 },
  { title: "Close a stream that nobody reads", estimate: 3, pace: 1.1 },
  { title: "Stream an agent's reply", estimate: 8, pace: 1 },
  { title: "Show the todos of a run", estimate: 2, pace: 0.9 },
  { title: "Ask before a command runs", estimate: 3, pace: 1.3 },
  { title: "Print the link of the first owner", estimate: 1, pace: 1.4 },
  { title: "Let a key read and not write", estimate: 2, pace: 0.5 },
];
