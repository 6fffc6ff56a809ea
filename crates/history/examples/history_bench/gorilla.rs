//! The value half of the Gorilla encoding (Pelkonen and others, VLDB 2015): each value is compared
//! with the one before by exclusive or; what differs is written bit by bit.

/// Bits, the highest first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn put(&mut self, value: u64, count: u32) {
        for bit in (0..count).rev() {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut()
                && (value >> bit) & 1 == 1
            {
                *last |= 0x80 >> (self.used % 8);
            }
            self.used += 1;
        }
    }
}

/// The values as bytes.
pub(crate) fn encode(values: &[f64]) -> Vec<u8> {
    let mut out = Bits::default();
    let mut before = 0_u64;
    let mut window: Option<(u32, u32)> = None;
    for value in values {
        let bits = value.to_bits();
        let differs = bits ^ before;
        before = bits;
        if differs == 0 {
            out.put(0, 1);
            continue;
        }
        let (leading, trailing) = (differs.leading_zeros().min(31), differs.trailing_zeros());
        match window {
            Some((high, low)) if leading >= high && trailing >= low => {
                out.put(0b10, 2);
                out.put(differs >> low, 64 - high - low);
            }
            _ => {
                let length = 64 - leading - trailing;
                out.put(0b11, 2);
                out.put(u64::from(leading), 5);
                out.put(u64::from(length - 1), 6);
                out.put(differs >> trailing, length);
                window = Some((leading, trailing));
            }
        }
    }
    out.bytes
}
