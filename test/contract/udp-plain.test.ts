import { openPlainUdp } from "../../src/listen/udp-plain.ts";
import { describeUdpEndpoint } from "./udp-endpoint.ts";

describeUdpEndpoint("the plain UDP endpoint", openPlainUdp);
