#pragma once

/// Multiplies and adds in registers alone, `rounds` times over; returns the floating-point operations done.
double ceiling_f32(long rounds);

/// The same with products of bfloat16 pairs added in float32; 0 where the processor has no such instruction.
double ceiling_bf16(long rounds);
