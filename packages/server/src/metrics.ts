/** What the host tells Prometheus (text exposition format 0.0.4). */
import type { Host } from "./host.ts";

export function metricsText(host: Host): string {
  const memory = process.memoryUsage();
  const gauges: [name: string, help: string, samples: [labels: string, value: number][]][] = [
    [
      "signalbox_streams",
      "Open streams.",
      [
        ['kind="events"', host.admission.count("events")],
        ['kind="turn"', host.admission.count("turn")],
      ],
    ],
    [
      "signalbox_tails",
      "Logs that this host reads for its streams.",
      [
        ['log="signals"', host.signals.tail.openLogs],
        ['log="turn"', host.turnLog.tail.openLogs],
      ],
    ],
    ["process_resident_memory_bytes", "Resident memory.", [["", memory.rss]]],
    ["process_heap_bytes", "Used heap.", [["", memory.heapUsed]]],
  ];
  return gauges
    .map(([name, help, samples]) =>
      [
        `# HELP ${name} ${help}`,
        `# TYPE ${name} gauge`,
        ...samples.map(([labels, value]) => `${name}${labels ? `{${labels}}` : ""} ${value}`),
        "",
      ].join("\n"),
    )
    .join("");
}
