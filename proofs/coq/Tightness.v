(** 2L - 1 steps do not suffice, for any number L of layers.

    The chain of L scalar layers with unit weights, input 1 and cost x_L^2 / 2, started at zero: the
    sensitivity of the first layer is still 0 after 2L - 1 steps, and 1 after 2L. *)

From Coq Require Import ZArith Arith Lia.
Open Scope Z_scope.

Section Chain.
  Variable L : nat.
  Hypothesis L_positive : (1 <= L)%nat.

  (** Layer 0 is the clamped input; s_l reads s_(l+1), and s_L reads the cost's gradient x_L. *)
  Definition chain_step (z : (nat -> Z) * (nat -> Z)) : (nat -> Z) * (nat -> Z) :=
    (fun l => match l with O => 1 | S p => fst z p end,
     fun l => if (l =? L)%nat then fst z L else snd z (S l)).

  Fixpoint chain_run (k : nat) (z : (nat -> Z) * (nat -> Z)) :=
    match k with O => z | S j => chain_step (chain_run j z) end.

  Definition zero_state : (nat -> Z) * (nat -> Z) :=
    (fun l => match l with O => 1 | S _ => 0 end, fun _ => 0).

  Lemma activation_after : forall k l, fst (chain_run k zero_state) l = if (l <=? k)%nat then 1 else 0.
  Proof.
    induction k as [|k IH]; intros [|l]; try reflexivity.
    cbn [chain_run chain_step fst]. apply IH.
  Qed.

  Lemma sensitivity_after : forall k l, (l <= L)%nat ->
    snd (chain_run k zero_state) l = if (2 * L + 1 - l <=? k)%nat then 1 else 0.
  Proof.
    induction k as [|k IH]; intros l Hl.
    - destruct (Nat.leb_spec (2 * L + 1 - l) 0); [lia | reflexivity].
    - cbn [chain_run chain_step snd]. destruct (Nat.eqb_spec l L) as [->|Hne].
      + rewrite activation_after.
        destruct (Nat.leb_spec L k), (Nat.leb_spec (2 * L + 1 - L) (S k)); lia.
      + rewrite IH by lia.
        destruct (Nat.leb_spec (2 * L + 1 - S l) k), (Nat.leb_spec (2 * L + 1 - l) (S k)); lia.
  Qed.

  Theorem two_L_steps_are_needed :
    snd (chain_run (2 * L) zero_state) 1%nat = 1 /\ snd (chain_run (2 * L - 1) zero_state) 1%nat = 0.
  Proof.
    split; rewrite sensitivity_after by lia.
    - destruct (Nat.leb_spec (2 * L + 1 - 1) (2 * L)); lia.
    - destruct (Nat.leb_spec (2 * L + 1 - 1) (2 * L - 1)); lia.
  Qed.
End Chain.
