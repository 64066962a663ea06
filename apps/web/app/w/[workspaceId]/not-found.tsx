/** Inside a workspace: what is not there is said in place, and the rest of the workspace stays at hand. */
import { EmptyState } from "../../../components/ui/empty-state.tsx";

export default function NotFoundHere() {
  return (
    <div className="mx-auto w-full max-w-xl px-4 py-10">
      <h1 className="sr-only">Not found</h1>
      <EmptyState title="There is nothing here">
        The address is mistyped, what stood here was removed, or it is not open to you.
      </EmptyState>
    </div>
  );
}
