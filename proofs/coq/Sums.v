(** Finite sums of real functions and their derivatives; directions in which a derivative vanishes. *)

From Coq Require Import Reals Arith Lia Lra.
From Coquelicot Require Import Coquelicot.
Open Scope nat_scope.

(** F 0 + ... + F (n - 1) *)
Fixpoint sum_below (n : nat) (F : nat -> R) : R :=
  match n with O => 0%R | S m => (sum_below m F + F m)%R end.

Lemma sum_below_ext : forall n F G, (forall c, c < n -> F c = G c) -> sum_below n F = sum_below n G.
Proof.
  induction n as [|n IH]; intros F G H; simpl; [reflexivity|].
  rewrite (IH F G) by (intros; apply H; lia). now rewrite H by lia.
Qed.

Lemma sum_below_zero : forall n F, (forall c, c < n -> F c = 0%R) -> sum_below n F = 0%R.
Proof.
  induction n as [|n IH]; intros F H; simpl; [reflexivity|].
  rewrite IH by (intros; apply H; lia). rewrite H by lia. lra.
Qed.

Lemma sum_below_minus : forall n F G, sum_below n (fun c => (F c - G c)%R) = (sum_below n F - sum_below n G)%R.
Proof. induction n as [|n IH]; intros F G; simpl; [lra|]. rewrite IH. lra. Qed.

Lemma sum_below_single : forall n u F, u < n -> (forall c, c < n -> c <> u -> F c = 0%R) -> sum_below n F = F u.
Proof.
  induction n as [|n IH]; intros u F Hu H; [lia|]. simpl. destruct (Nat.eq_dec u n) as [->|Hne].
  - rewrite sum_below_zero by (intros; apply H; lia). lra.
  - rewrite (IH u) by (lia || (intros; apply H; lia)). rewrite (H n) by lia. lra.
Qed.

Lemma sum_below_differentiable : forall (U : NormedModule R_AbsRing) (u : U) n (F : nat -> U -> R_NormedModule) DF,
  (forall c, c < n -> filterdiff (F c) (locally u) (DF c)) ->
  filterdiff (fun t => sum_below n (fun c => F c t) : R_NormedModule) (locally u)
    (fun h => sum_below n (fun c => DF c h) : R_NormedModule).
Proof.
  intros U u n F DF. induction n as [|n IH]; intro H.
  - apply (filterdiff_const (0%R : R_NormedModule)).
  - apply (filterdiff_plus_fct (fun t => sum_below n (fun c => F c t) : R_NormedModule) (F n)).
    + apply IH. intros c Hc. apply H. lia.
    + apply H. lia.
Qed.

(** A derivative vanishes in the directions in which the map is constant. *)
Theorem derivative_along_constant : forall (U W : NormedModule R_AbsRing) (F : U -> W) e DF h,
  filterdiff F (locally e) DF -> (forall k : R, F (plus e (scal k h)) = F e) -> DF h = zero.
Proof.
  intros U W F e DF h [linear small] constant.
  apply norm_eq_zero. apply Rle_antisym; [|apply norm_ge_0].
  apply le_epsilon. intros eps Heps. rewrite Rplus_0_l.
  pose proof (norm_ge_0 h) as Hh.
  assert (Hd : (0 < eps / (norm h + 1))%R) by (apply Rdiv_lt_0_compat; lra).
  destruct (small e (fun P H => H) (mkposreal _ Hd)) as [delta near].
  set (k := (delta / (norm h + 1))%R).
  assert (Hk : (0 < k)%R) by (apply Rdiv_lt_0_compat; [apply cond_pos | lra]).
  assert (Hscal : (norm (scal k h) <= k * norm h)%R).
  { pose proof (norm_scal k h) as H. change (abs k) with (Rabs k) in H. now rewrite Rabs_right in H by lra. }
  assert (Hback : minus (plus e (scal k h)) e = scal k h).
  { unfold minus. rewrite (plus_comm e), <- plus_assoc, plus_opp_r. apply plus_zero_r. }
  assert (Hball : ball e delta (plus e (scal k h))).
  { apply (norm_compat1 e). rewrite Hback. apply (Rle_lt_trans _ _ _ Hscal).
    apply Rlt_le_trans with (k * (norm h + 1))%R.
    - apply Rmult_lt_compat_l; [exact Hk | lra].
    - right. unfold k. field. lra. }
  specialize (near _ Hball). simpl in near. rewrite Hback, constant in near.
  assert (Hnorm : norm (minus (minus (F e) (F e)) (DF (scal k h))) = norm (scal k (DF h))).
  { rewrite (linear_scal _ linear). unfold minus. rewrite plus_opp_r, plus_zero_l. apply norm_opp. }
  rewrite Hnorm in near.
  assert (Hunit : DF h = scal (/ k)%R (scal k (DF h))).
  { rewrite scal_assoc. change (mult (/ k)%R k) with (/ k * k)%R. rewrite Rinv_l by lra.
    symmetry. exact (scal_one (DF h)). }
  assert (Hinv : (0 < / k)%R) by now apply Rinv_0_lt_compat.
  rewrite Hunit. eapply Rle_trans; [apply (norm_scal (/ k)%R (scal k (DF h)))|].
  change (abs (/ k)%R) with (Rabs (/ k)). rewrite Rabs_right by lra.
  apply Rle_trans with (/ k * (eps / (norm h + 1) * (k * (norm h + 1))))%R.
  - apply Rmult_le_compat_l; [lra|]. apply (Rle_trans _ _ _ near).
    apply Rmult_le_compat_l; [lra|]. apply (Rle_trans _ _ _ Hscal). apply Rmult_le_compat_l; lra.
  - right. field. lra.
Qed.
