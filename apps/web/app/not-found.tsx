/** What doesn't exist and what one may not see look alike: who asks learns nothing from the difference. */
import type { Metadata } from "next";
import Link from "next/link";
import { MessagePage } from "../components/ui/message-page.tsx";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <MessagePage title="There is nothing here">
      <p>The address is mistyped, what stood here was removed, or it is not open to you.</p>
      <Link href="/" className="press mt-5 border border-line-strong text-ink hover:bg-hover">
        Go to your board
      </Link>
    </MessagePage>
  );
}
