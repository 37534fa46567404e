// A network to begin with: the way in for whoever runs one, with a few people on it from the start.
import { createControl, type SandboxControl } from "./control/actions.ts";
import { answerControl } from "./control/server.ts";
import { createNetwork, type Network, type NetworkOptions } from "./network/network.ts";

export type RunningNetwork = AsyncDisposable & { network: Network; control: SandboxControl };

/** Who is there from the start: one to link the gateway to, and some that answer. */
const firstPeople = [
  { number: "15550001111", name: "My phone" },
  { number: "15551000001", name: "Echo", behaviour: { auto_read: true, echo: true, delay_ms: 700 } },
  {
    number: "15551000002",
    name: "Information desk",
    behaviour: {
      auto_read: true,
      delay_ms: 1_200,
      replies: [
        { pattern: "hours|open", reply: "We are open from nine to five." },
        { pattern: "my name is (\\w+)", reply: "Nice to meet you, $1!" },
      ],
      reply: "Ask me about our hours, or tell me your name.",
    },
  },
  { number: "15551000003", name: "Quiet phone" },
];

export async function startNetworkWithPeople(options: NetworkOptions): Promise<RunningNetwork> {
  let control: SandboxControl | null = null;
  const network = await createNetwork({
    ...options,
    answer: (request) =>
      control !== null && new URL(request.url).pathname.startsWith("/control")
        ? answerControl(control, request)
        : new Response("This is a WhatsApp network: connect a WebSocket.\n", { status: 426 }),
  });
  control = createControl(network);
  if (control.phones.list().length === 0) settle(control);
  return { network, control, [Symbol.asyncDispose]: () => network[Symbol.asyncDispose]() };
}

function settle({ phones }: SandboxControl): void {
  for (const { number, name, behaviour } of firstPeople) {
    phones.add({ number, name });
    if (behaviour !== undefined) phones.change(number, { behaviour });
  }
}
