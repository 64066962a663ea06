/** Back to the growing end of a log, for a reader who scrolled away from it. Stands over the log's own box. */
import { ArrowDown } from "lucide-react";

export function JumpToLatest({ onJump }: { onJump: () => void }) {
  return (
    <button
      type="button"
      onClick={onJump}
      className="press popup absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full px-3"
    >
      <ArrowDown aria-hidden size={14} /> Jump to latest
    </button>
  );
}
