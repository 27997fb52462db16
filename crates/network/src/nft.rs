//! nftables over netlink: tables, chains, rules, sets and maps, changed in transactions.
//!
//! Numbers are those of the kernel's `linux/netfilter/nf_tables.h`.

use std::io;
use std::net::Ipv4Addr;

use crate::netlink::{
    ACK, APPEND, BATCH_BEGIN, BATCH_END, CREATE, DUMP, Message, NetlinkError, Socket, attribute, attributes,
};

const SUBSYSTEM: u16 = 10;
const FAMILY_IPV4: u8 = 2;

const NEW_TABLE: u16 = 0;
const DELETE_TABLE: u16 = 2;
const NEW_CHAIN: u16 = 3;
const DELETE_CHAIN: u16 = 5;
const NEW_RULE: u16 = 6;
const NEW_SET: u16 = 9;
const NEW_ELEMENT: u16 = 12;
const GET_ELEMENTS: u16 = 13;
const DELETE_ELEMENT: u16 = 14;

const LIST_ELEMENT: u16 = 1;
const ELEMENT_LIST: u16 = 3;
const ELEMENT_KEY: u16 = 1;
const ELEMENT_DATA: u16 = 2;
const ELEMENT_TIMEOUT: u16 = 4;
const ELEMENT_EXPIRATION: u16 = 5;
const SET_IS_MAP: u32 = 0x8;
const SET_HAS_TIMEOUT: u32 = 0x10;
const SET_IS_DYNAMIC: u32 = 0x20;
const DATA_IS_VERDICT: u32 = 0xffff_ff00;
const VERDICT_GOTO: u32 = -4_i32 as u32;
const VERDICT_JUMP: u32 = -3_i32 as u32;
const VERDICT_DROP: u32 = 0;

/// Entries of a map that packets fill.
const DYNAMIC_ENTRIES_MAX: u32 = 65_535;

/// Elements of one message stay below this many bytes; nested attributes end at 64 KiB.
const ELEMENTS_BYTES_MAX: usize = 60_000;

/// A 32-bit register, 0 to 15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register(pub u32);

impl Register {
    fn number(self) -> u32 {
        8 + self.0
    }
}

/// Where a packet goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To a chain, without return.
    Goto(String),
    /// To a chain, and back.
    Jump(String),
    /// Nowhere.
    Drop,
}

/// A field of a set's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// IPv4 address.
    Address,
    /// Transport protocol.
    Protocol,
    /// Port.
    Port,
    /// A number in host order.
    Number,
}

impl Field {
    /// The type number that `nft list` shows.
    fn type_number(self) -> u32 {
        match self {
            Field::Address => 7,
            Field::Protocol => 12,
            Field::Port => 13,
            Field::Number => 19,
        }
    }
}

/// What a set maps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values<'a> {
    /// Nothing: a plain set.
    None,
    /// A verdict.
    Verdict,
    /// Fields.
    Fields(&'a [Field]),
}

/// An element's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of a plain set.
    None,
    /// Of a verdict map.
    Verdict(Verdict),
    /// Of a map: fields, each padded to four bytes.
    Bytes(Vec<u8>),
}

/// One element: key fields padded to four bytes each, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Key.
    pub key: Vec<u8>,
    /// Value.
    pub value: Value,
}

/// An element that ends by itself, as the kernel has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedElement {
    /// Key and value.
    pub element: Element,
    /// Its whole life in milliseconds; 0 for one that does not end.
    pub timeout_milliseconds: u64,
    /// What is left of it in milliseconds.
    pub left_milliseconds: u64,
}

/// One statement or expression of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// Loads the source address.
    SourceAddress(Register),
    /// Loads the destination address.
    DestinationAddress(Register),
    /// Loads the transport protocol.
    Protocol(Register),
    /// Loads the destination port.
    DestinationPort(Register),
    /// Loads four bytes.
    Load(Register, [u8; 4]),
    /// Loads a random number below the modulus.
    Random(Register, u32),
    /// Loads the index of the link that the packet came in by.
    IncomingLink(Register),
    /// Loads the mark.
    Mark(Register),
    /// Stores the mark.
    SetMark(Register),
    /// `(register & mask) ^ xor`
    Bitwise(Register, u32, u32),
    /// Goes on when equal.
    Equal(Register, Vec<u8>),
    /// Goes on when not equal.
    NotEqual(Register, Vec<u8>),
    /// Loads the destination's address type (2: local).
    DestinationType(Register),
    /// Goes on when the key from this register on is in the set.
    InSet(&'static str, Register),
    /// Maps the key to values from the second register on; goes on when found.
    Map(&'static str, Register, Register),
    /// Maps the key to a verdict and follows it.
    VerdictMap(&'static str, Register),
    /// Adds key → data with a time to live in seconds.
    Remember { set: &'static str, key: Register, data: Register, seconds: u32 },
    /// Renews the time to live.
    Renew { set: &'static str, key: Register, data: Register, seconds: u32 },
    /// Removes a key; the kernel wants a loaded data register all the same.
    Forget { set: &'static str, key: Register, data: Register },
    /// Translates the destination to address and port registers.
    TranslateDestination(Register, Register),
    /// Translates the source to the outgoing link's address.
    Masquerade,
    /// Answers "port unreachable".
    Reject,
    /// Follows a verdict.
    Verdict(Verdict),
}

/// A base chain's hook.
#[derive(Clone, Copy, Debug)]
pub struct Hook {
    /// `nat` or `filter`.
    pub kind: &'static str,
    /// 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting.
    pub number: u32,
    /// Priority.
    pub priority: i32,
}

/// A transaction on one IPv4 table: all of it happens, or nothing.
pub struct Transaction {
    table: String,
    messages: Vec<Message>,
}

impl Transaction {
    /// Nothing yet.
    pub fn new(table: &str) -> Self {
        Transaction { table: table.to_owned(), messages: vec![] }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Makes the table if it is not there.
    pub fn add_table(&mut self) -> &mut Self {
        let message = self.message(NEW_TABLE, CREATE).text(1, &self.table).be32(2, 0);
        self.push(message)
    }

    /// Removes the table with all in it; it must be there.
    pub fn delete_table(&mut self) -> &mut Self {
        let message = self.message(DELETE_TABLE, 0).text(1, &self.table);
        self.push(message)
    }

    /// Makes an ordinary chain if it is not there.
    pub fn add_chain(&mut self, name: &str) -> &mut Self {
        let message = self.message(NEW_CHAIN, CREATE).text(1, &self.table).text(3, name);
        self.push(message)
    }

    /// Removes a chain with its rules; nothing may lead to it any more.
    pub fn delete_chain(&mut self, name: &str) -> &mut Self {
        let message = self.message(DELETE_CHAIN, 0).text(1, &self.table).text(3, name);
        self.push(message)
    }

    /// Makes a chain that packets enter at a hook.
    pub fn add_base_chain(&mut self, name: &str, hook: Hook) -> &mut Self {
        let message = self
            .message(NEW_CHAIN, CREATE)
            .text(1, &self.table)
            .text(3, name)
            .nested(4, |nested| nested.be32(1, hook.number).be32(2, hook.priority as u32))
            .text(7, hook.kind);
        self.push(message)
    }

    /// Appends a rule to a chain.
    pub fn add_rule(&mut self, chain: &str, expressions: &[Expression]) -> &mut Self {
        let list = |list: Message| expressions.iter().fold(list, write_expression);
        let message = self.message(NEW_RULE, CREATE | APPEND).text(1, &self.table).text(2, chain).nested(4, list);
        self.push(message)
    }

    /// Makes a set or map if it is not there.
    pub fn add_set(&mut self, name: &str, key: &[Field], values: Values<'_>) -> &mut Self {
        self.add_any_set(name, key, values, 0)
    }

    /// Makes a map that rules fill, with entries that end by themselves.
    pub fn add_dynamic_map(&mut self, name: &str, key: &[Field], values: &[Field]) -> &mut Self {
        self.add_any_set(name, key, Values::Fields(values), SET_IS_DYNAMIC | SET_HAS_TIMEOUT)
    }

    fn add_any_set(&mut self, name: &str, key: &[Field], values: Values<'_>, flags: u32) -> &mut Self {
        let is_map = if values == Values::None { 0 } else { SET_IS_MAP };
        let flags = flags | is_map;
        // An id that is unique in the transaction names the set for the kernel.
        let id = u32::try_from(self.messages.len()).unwrap_or(u32::MAX);
        let mut message = self
            .message(NEW_SET, CREATE)
            .text(1, &self.table)
            .text(2, name)
            .be32(3, flags)
            .be32(4, type_number(key))
            .be32(5, 4 * key.len() as u32)
            .be32(10, id);
        message = match values {
            Values::None => message,
            Values::Verdict => message.be32(6, DATA_IS_VERDICT).be32(7, 0),
            Values::Fields(fields) => message.be32(6, type_number(fields)).be32(7, 4 * fields.len() as u32),
        };
        if flags & SET_IS_DYNAMIC != 0 {
            message = message.nested(9, |description| description.be32(1, DYNAMIC_ENTRIES_MAX));
        }
        self.push(message)
    }

    /// Adds elements.
    pub fn add_elements(&mut self, set: &str, elements: &[Element]) -> &mut Self {
        self.change_elements(NEW_ELEMENT, CREATE, set, elements)
    }

    /// Adds elements that have lived for a while already.
    pub fn add_timed_elements(&mut self, set: &str, elements: &[TimedElement]) -> &mut Self {
        let write = |list: Message, timed: &TimedElement| {
            list.nested(LIST_ELEMENT, |item| {
                let item = fill_element(item, &timed.element);
                match timed.timeout_milliseconds {
                    0 => item,
                    whole => item
                        .attr(ELEMENT_TIMEOUT, &whole.to_be_bytes())
                        .attr(ELEMENT_EXPIRATION, &timed.left_milliseconds.to_be_bytes()),
                }
            })
        };
        self.change_listed((NEW_ELEMENT, CREATE), set, elements, write)
    }

    /// Removes elements by key; they must be there.
    pub fn delete_elements(&mut self, set: &str, elements: &[Element]) -> &mut Self {
        self.change_elements(DELETE_ELEMENT, 0, set, elements)
    }

    fn change_elements(&mut self, kind: u16, flags: u16, set: &str, elements: &[Element]) -> &mut Self {
        self.change_listed((kind, flags), set, elements, write_element)
    }

    fn change_listed<T>(
        &mut self,
        (kind, flags): (u16, u16),
        set: &str,
        elements: &[T],
        write: impl Fn(Message, &T) -> Message,
    ) -> &mut Self {
        let mut rest = elements.iter().peekable();
        while rest.peek().is_some() {
            let message = self.message(kind, flags).text(1, &self.table).text(2, set).nested(3, |mut list| {
                let start = list.len();
                while list.len() - start < ELEMENTS_BYTES_MAX {
                    let Some(element) = rest.next() else { break };
                    list = write(list, element);
                }
                list
            });
            self.push(message);
        }
        self
    }

    /// Carries it out.
    pub fn commit(self) -> Result<(), NetlinkError> {
        let Some((last, others)) = self.messages.split_last() else { return Ok(()) };
        let mark = |kind: u16| Message::new(kind, 0).put(&[0, 0, 0, SUBSYSTEM as u8]);
        let mut messages = vec![mark(BATCH_BEGIN)];
        messages.extend_from_slice(others);
        // Only the last is acknowledged: refusals are reported anyway.
        messages.push(last.clone().with_flags(ACK));
        messages.push(mark(BATCH_END));
        Socket::netfilter().map_err(NetlinkError::from)?.request_all(messages).map(drop)
    }

    fn message(&self, kind: u16, flags: u16) -> Message {
        Message::new(SUBSYSTEM << 8 | kind, flags).put(&[FAMILY_IPV4, 0, 0, 0])
    }

    fn push(&mut self, message: Message) -> &mut Self {
        self.messages.push(message);
        self
    }
}

/// Removes a table, if it is there.
pub fn remove_table(table: &str) -> Result<(), NetlinkError> {
    let mut transaction = Transaction::new(table);
    transaction.add_table().delete_table();
    transaction.commit()
}

/// The elements of a set or map with plain values; none when the table or the set is not there.
pub fn elements(table: &str, set: &str) -> Result<Vec<TimedElement>, NetlinkError> {
    let request = Message::new(SUBSYSTEM << 8 | GET_ELEMENTS, DUMP).put(&[FAMILY_IPV4, 0, 0, 0]);
    let replies = match Socket::netfilter()?.request(request.text(1, table).text(2, set)) {
        Err(error) if error.is(rustix::io::Errno::NOENT) => return Ok(vec![]),
        replies => replies?,
    };
    let lists = replies.iter().filter_map(|reply| attribute(reply.payload.get(4..)?, ELEMENT_LIST));
    Ok(lists.flat_map(attributes).filter_map(|(_, element)| read_element(element)).collect())
}

fn read_element(element: &[u8]) -> Option<TimedElement> {
    let bytes = |kind: u16| Some(attribute(attribute(element, kind)?, 1)?.to_vec());
    let number = |kind: u16| Some(u64::from_be_bytes(attribute(element, kind)?.try_into().ok()?));
    Some(TimedElement {
        element: Element { key: bytes(ELEMENT_KEY)?, value: bytes(ELEMENT_DATA).map_or(Value::None, Value::Bytes) },
        timeout_milliseconds: number(ELEMENT_TIMEOUT).unwrap_or(0),
        left_milliseconds: number(ELEMENT_EXPIRATION).unwrap_or(0),
    })
}

/// Whether nftables can be used here.
pub fn is_available() -> io::Result<()> {
    let mut transaction = Transaction::new("corten-probe");
    transaction.add_table().delete_table();
    transaction.commit().map_err(io::Error::other)
}

/// A key or value from fields.
#[derive(Clone, Debug, Default)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    /// Nothing yet.
    pub fn new() -> Self {
        Bytes::default()
    }
    /// Adds an address.
    pub fn address(mut self, address: Ipv4Addr) -> Self {
        self.0.extend(address.octets());
        self
    }
    /// Adds a protocol number.
    pub fn protocol(mut self, protocol: u8) -> Self {
        self.0.extend([protocol, 0, 0, 0]);
        self
    }
    /// Adds a port.
    pub fn port(mut self, port: u16) -> Self {
        self.0.extend(port.to_be_bytes());
        self.0.extend([0, 0]);
        self
    }
    /// Adds a number.
    pub fn number(mut self, number: u32) -> Self {
        self.0.extend(number.to_ne_bytes());
        self
    }
    /// All of it.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

fn type_number(fields: &[Field]) -> u32 {
    fields.iter().fold(0, |number, field| number << 6 | field.type_number())
}

fn write_element(list: Message, element: &Element) -> Message {
    list.nested(LIST_ELEMENT, |item| fill_element(item, element))
}

fn fill_element(item: Message, element: &Element) -> Message {
    let item = item.nested(ELEMENT_KEY, |key| key.attr(1, &element.key));
    match &element.value {
        Value::None => item,
        Value::Bytes(bytes) => item.nested(ELEMENT_DATA, |data| data.attr(1, bytes)),
        Value::Verdict(verdict) => item.nested(ELEMENT_DATA, |data| write_verdict(data, verdict)),
    }
}

fn write_verdict(data: Message, verdict: &Verdict) -> Message {
    data.nested(2, |nested| match verdict {
        Verdict::Goto(chain) => nested.be32(1, VERDICT_GOTO).text(2, chain),
        Verdict::Jump(chain) => nested.be32(1, VERDICT_JUMP).text(2, chain),
        Verdict::Drop => nested.be32(1, VERDICT_DROP),
    })
}

fn write_expression(list: Message, expression: &Expression) -> Message {
    use Expression as E;
    match expression {
        E::SourceAddress(to) => payload(list, *to, (1, 12, 4)),
        E::DestinationAddress(to) => payload(list, *to, (1, 16, 4)),
        E::DestinationPort(to) => payload(list, *to, (2, 2, 2)),
        E::Protocol(to) => named(list, "meta", |it| it.be32(1, to.number()).be32(2, 16)),
        E::IncomingLink(to) => named(list, "meta", |it| it.be32(1, to.number()).be32(2, 4)),
        E::Mark(to) => named(list, "meta", |it| it.be32(1, to.number()).be32(2, 3)),
        E::SetMark(from) => named(list, "meta", |it| it.be32(2, 3).be32(3, from.number())),
        E::Load(to, bytes) => {
            named(list, "immediate", |it| it.be32(1, to.number()).nested(2, |data| data.attr(1, bytes)))
        }
        E::Random(to, modulus) => named(list, "numgen", |it| it.be32(1, to.number()).be32(2, *modulus).be32(3, 1)),
        E::Bitwise(register, mask, xor) => named(list, "bitwise", |it| {
            it.be32(1, register.number())
                .be32(2, register.number())
                .be32(3, 4)
                .nested(4, |data| data.attr(1, &mask.to_ne_bytes()))
                .nested(5, |data| data.attr(1, &xor.to_ne_bytes()))
        }),
        E::Equal(register, bytes) => compare(list, *register, 0, bytes),
        E::NotEqual(register, bytes) => compare(list, *register, 1, bytes),
        E::DestinationType(to) => named(list, "fib", |it| it.be32(1, to.number()).be32(2, 3).be32(3, 2)),
        E::InSet(set, key) => named(list, "lookup", |it| it.text(1, set).be32(2, key.number())),
        E::Map(set, key, to) => named(list, "lookup", |it| it.text(1, set).be32(2, key.number()).be32(3, to.number())),
        E::VerdictMap(set, key) => named(list, "lookup", |it| it.text(1, set).be32(2, key.number()).be32(3, 0)),
        E::Remember { set, key, data, seconds } => dynamic(list, set, 0, (*key, *data), Some(*seconds)),
        E::Renew { set, key, data, seconds } => dynamic(list, set, 1, (*key, *data), Some(*seconds)),
        E::Forget { set, key, data } => dynamic(list, set, 2, (*key, *data), None),
        E::TranslateDestination(address, port) => named(list, "nat", |it| {
            it.be32(1, 1).be32(2, u32::from(FAMILY_IPV4)).be32(3, address.number()).be32(5, port.number())
        }),
        E::Masquerade => named(list, "masq", |it| it),
        E::Reject => named(list, "reject", |it| it.be32(1, 0).attr(2, &[3])),
        E::Verdict(verdict) => {
            named(list, "immediate", |it| it.be32(1, 0).nested(2, |data| write_verdict(data, verdict)))
        }
    }
}

fn named(list: Message, name: &str, data: impl FnOnce(Message) -> Message) -> Message {
    list.nested(LIST_ELEMENT, |item| item.text(1, name).nested(2, data))
}

fn payload(list: Message, to: Register, (base, offset, length): (u32, u32, u32)) -> Message {
    named(list, "payload", |it| it.be32(1, to.number()).be32(2, base).be32(3, offset).be32(4, length))
}

fn compare(list: Message, register: Register, operation: u32, bytes: &[u8]) -> Message {
    named(list, "cmp", |it| it.be32(1, register.number()).be32(2, operation).nested(3, |data| data.attr(1, bytes)))
}

fn dynamic(list: Message, set: &str, operation: u32, registers: (Register, Register), seconds: Option<u32>) -> Message {
    let (key, data) = registers;
    named(list, "dynset", |it| {
        let it = it.text(1, set).be32(3, operation).be32(4, key.number()).be32(5, data.number());
        match seconds {
            None => it,
            Some(seconds) => it.attr(6, &(u64::from(seconds) * 1_000).to_be_bytes()),
        }
    })
}
