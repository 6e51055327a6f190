/** The resolvers that the network itself names, by DHCP or router advertisements; read afresh with each call. Types only. */
export type NetworkResolvers = () => readonly { readonly address: string; readonly port: number }[];
