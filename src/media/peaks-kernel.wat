;; Smallest and largest sample of a run, with 128-bit vectors, and the packing of wider samples to 16 bits.
;; Results of the min/max functions stand at address 0 (smallest) and 4 (largest).
(module
  (memory (export "memory") 128)

  (func (export "minMax16") (param $at i32) (param $count i32)
    (local $end i32) (local $low v128) (local $high v128) (local $value i32) (local $min i32) (local $max i32)
    (local.set $low (v128.const i16x8 32767 32767 32767 32767 32767 32767 32767 32767))
    (local.set $high (v128.const i16x8 -32768 -32768 -32768 -32768 -32768 -32768 -32768 -32768))
    (local.set $min (i32.const 32767))
    (local.set $max (i32.const -32768))
    (local.set $end (i32.add (local.get $at) (i32.shl (i32.and (local.get $count) (i32.const -8)) (i32.const 1))))
    (block $vectors_done
      (loop $vectors
        (br_if $vectors_done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $low (i16x8.min_s (local.get $low) (v128.load align=1 (local.get $at))))
        (local.set $high (i16x8.max_s (local.get $high) (v128.load align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $vectors)))
    (v128.store (i32.const 16) (local.get $low))
    (v128.store (i32.const 32) (local.get $high))
    (local.set $end (i32.add (local.get $at) (i32.shl (i32.and (local.get $count) (i32.const 7)) (i32.const 1))))
    (block $rest_done
      (loop $rest
        (br_if $rest_done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $value (i32.load16_s (local.get $at)))
        (local.set $min (select (local.get $value) (local.get $min) (i32.lt_s (local.get $value) (local.get $min))))
        (local.set $max (select (local.get $value) (local.get $max) (i32.gt_s (local.get $value) (local.get $max))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (br $rest)))
    (local.set $at (i32.const 16))
    (loop $lanes
      (local.set $value (i32.load16_s (local.get $at)))
      (local.set $min (select (local.get $value) (local.get $min) (i32.lt_s (local.get $value) (local.get $min))))
      (local.set $value (i32.load16_s offset=16 (local.get $at)))
      (local.set $max (select (local.get $value) (local.get $max) (i32.gt_s (local.get $value) (local.get $max))))
      (local.set $at (i32.add (local.get $at) (i32.const 2)))
      (br_if $lanes (i32.lt_u (local.get $at) (i32.const 32))))
    (i32.store (i32.const 0) (local.get $min))
    (i32.store (i32.const 4) (local.get $max)))

  (func (export "minMax32") (param $at i32) (param $count i32)
    (local $end i32) (local $low v128) (local $high v128) (local $value i32) (local $min i32) (local $max i32)
    (local.set $low (i32x4.splat (i32.const 2147483647)))
    (local.set $high (i32x4.splat (i32.const -2147483648)))
    (local.set $min (i32.const 2147483647))
    (local.set $max (i32.const -2147483648))
    (local.set $end (i32.add (local.get $at) (i32.shl (i32.and (local.get $count) (i32.const -4)) (i32.const 2))))
    (block $vectors_done
      (loop $vectors
        (br_if $vectors_done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $low (i32x4.min_s (local.get $low) (v128.load align=1 (local.get $at))))
        (local.set $high (i32x4.max_s (local.get $high) (v128.load align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $vectors)))
    (v128.store (i32.const 16) (local.get $low))
    (v128.store (i32.const 32) (local.get $high))
    (local.set $end (i32.add (local.get $at) (i32.shl (i32.and (local.get $count) (i32.const 3)) (i32.const 2))))
    (block $rest_done
      (loop $rest
        (br_if $rest_done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $value (i32.load (local.get $at)))
        (local.set $min (select (local.get $value) (local.get $min) (i32.lt_s (local.get $value) (local.get $min))))
        (local.set $max (select (local.get $value) (local.get $max) (i32.gt_s (local.get $value) (local.get $max))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $rest)))
    (local.set $at (i32.const 16))
    (loop $lanes
      (local.set $value (i32.load (local.get $at)))
      (local.set $min (select (local.get $value) (local.get $min) (i32.lt_s (local.get $value) (local.get $min))))
      (local.set $value (i32.load offset=16 (local.get $at)))
      (local.set $max (select (local.get $value) (local.get $max) (i32.gt_s (local.get $value) (local.get $max))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $lanes (i32.lt_u (local.get $at) (i32.const 32))))
    (i32.store (i32.const 0) (local.get $min))
    (i32.store (i32.const 4) (local.get $max)))

  ;; pmin and pmax leave the running value alone where the new sample is not a number.
  (func (export "minMaxFloat") (param $at i32) (param $count i32)
    (local $end i32) (local $low v128) (local $high v128) (local $value f32) (local $min f32) (local $max f32)
    (local.set $low (f32x4.splat (f32.const inf)))
    (local.set $high (f32x4.splat (f32.const -inf)))
    (local.set $min (f32.const inf))
    (local.set $max (f32.const -inf))
    (local.set $end (i32.add (local.get $at) (i32.shl (i32.and (local.get $count) (i32.const -4)) (i32.const 2))))
    (block $vectors_done
      (loop $vectors
        (br_if $vectors_done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $low (f32x4.pmin (local.get $low) (v128.load align=1 (local.get $at))))
        (local.set $high (f32x4.pmax (local.get $high) (v128.load align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $vectors)))
    (v128.store (i32.const 16) (local.get $low))
    (v128.store (i32.const 32) (local.get $high))
    (local.set $end (i32.add (local.get $at) (i32.shl (i32.and (local.get $count) (i32.const 3)) (i32.const 2))))
    (block $rest_done
      (loop $rest
        (br_if $rest_done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $value (f32.load (local.get $at)))
        (local.set $min (select (local.get $value) (local.get $min) (f32.lt (local.get $value) (local.get $min))))
        (local.set $max (select (local.get $value) (local.get $max) (f32.gt (local.get $value) (local.get $max))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $rest)))
    (local.set $at (i32.const 16))
    (loop $lanes
      (local.set $value (f32.load (local.get $at)))
      (local.set $min (select (local.get $value) (local.get $min) (f32.lt (local.get $value) (local.get $min))))
      (local.set $value (f32.load offset=16 (local.get $at)))
      (local.set $max (select (local.get $value) (local.get $max) (f32.gt (local.get $value) (local.get $max))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $lanes (i32.lt_u (local.get $at) (i32.const 32))))
    (f32.store (i32.const 0) (local.get $min))
    (f32.store (i32.const 4) (local.get $max)))

  ;; The two high bytes of little-endian integers of $stride bytes (2 to 8).
  (func (export "packLittle") (param $from i32) (param $to i32) (param $count i32) (param $stride i32)
    (local.set $from (i32.add (local.get $from) (i32.sub (local.get $stride) (i32.const 2))))
    (block $done
      (loop $each
        (br_if $done (i32.eqz (local.get $count)))
        (i32.store16 (local.get $to) (i32.load16_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (local.get $stride)))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each))))

  ;; The two high bytes of big-endian integers of $stride bytes (2 to 8).
  (func (export "packBig") (param $from i32) (param $to i32) (param $count i32) (param $stride i32)
    (block $done
      (loop $each
        (br_if $done (i32.eqz (local.get $count)))
        (i32.store16 (local.get $to)
          (i32.or (i32.shl (i32.load8_u (local.get $from)) (i32.const 8)) (i32.load8_u offset=1 (local.get $from))))
        (local.set $from (i32.add (local.get $from) (local.get $stride)))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each))))

  ;; Bytes to 16 bits; $flip is 128 for unsigned samples, 0 for signed ones.
  (func (export "packBytes") (param $from i32) (param $to i32) (param $count i32) (param $flip i32)
    (block $done
      (loop $each
        (br_if $done (i32.eqz (local.get $count)))
        (i32.store16 (local.get $to)
          (i32.shl (i32.xor (i32.load8_u (local.get $from)) (local.get $flip)) (i32.const 8)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each))))

  ;; 64-bit floating point to 32-bit.
  (func (export "packDouble") (param $from i32) (param $to i32) (param $count i32)
    (block $done
      (loop $each
        (br_if $done (i32.eqz (local.get $count)))
        (f32.store (local.get $to) (f32.demote_f64 (f64.load align=1 (local.get $from))))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $each))))
)
