//! **Tensors** are the named arrays of a safetensors file: eight bytes that give the length of a JSON header, the header, the
//! numbers.

use std::collections::HashMap;

use serde::Deserialize;

/// One array: its shape and its numbers, whatever form the file keeps them in.
pub struct Tensor {
    pub shape: Vec<usize>,
    pub numbers: Vec<f32>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// Reads the arrays of these names; those that the file does not have are left out. The error says what is wrong, without the path.
pub fn read(file: &[u8], names: &[&str]) -> Result<HashMap<String, Tensor>, String> {
    let damaged = || "is not a safetensors file, or is cut short".to_owned();
    let (length, rest) = file.split_first_chunk::<8>().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let header: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(header).map_err(|_| damaged())?;
    let mut tensors = HashMap::new();
    for &name in names {
        let Some(entry) = header.get(name) else { continue };
        let entry = Entry::deserialize(entry).map_err(|error| format!("has a tensor {name:?} that cannot be read: {error}"))?;
        let bytes = data.get(entry.data_offsets.0..entry.data_offsets.1).ok_or_else(damaged)?;
        let numbers = numbers(&entry.dtype, bytes)
            .ok_or_else(|| format!("has a tensor {name:?} of {}, not of F32, F16, BF16, I8, F64, I32 or I64", entry.dtype))?;
        let expected = entry.shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side));
        if expected != Some(numbers.len()) {
            return Err(format!("has a tensor {name:?} whose shape does not fit its bytes"));
        }
        tensors.insert(name.to_owned(), Tensor { shape: entry.shape, numbers });
    }
    Ok(tensors)
}

fn numbers(dtype: &str, bytes: &[u8]) -> Option<Vec<f32>> {
    fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
    }
    Some(match dtype {
        "F32" => each(bytes, f32::from_le_bytes),
        "F16" => each(bytes, |chunk| half(u16::from_le_bytes(chunk))),
        "BF16" => each(bytes, |chunk| f32::from_bits(u32::from(u16::from_le_bytes(chunk)) << 16)),
        "I8" => each(bytes, |[byte]: [u8; 1]| f32::from(byte as i8)),
        "F64" => each(bytes, |chunk| f64::from_le_bytes(chunk) as f32),
        "I32" => each(bytes, |chunk| i32::from_le_bytes(chunk) as f32),
        "I64" => each(bytes, |chunk| i64::from_le_bytes(chunk) as f32),
        _ => return None,
    })
}

/// A 16-bit float (IEEE 754 binary16): a sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}
