(** The natural logarithm, from the completeness of the real numbers alone.

    The standard library's [ln] takes the excluded middle besides the axioms of the real numbers, through the mean value
    theorem.  Here the logarithm of s > 0 is the least upper bound of all x with exp x <= s, and what is needed of exp
    follows from its series. *)

From Coq Require Import Reals Lra Lia.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(** ** exp above its tangent at 0 *)

Definition exp_term (x : R) (n : nat) : R := / INR (fact n) * x ^ n.
Definition exp_sum (x : R) (n : nat) : R := sum_f_R0 (exp_term x) n.

Lemma exp_sum_converges : forall x, Un_cv (exp_sum x) (exp x).
Proof. intro x. unfold exp. destruct (exist_exp x) as [l H]. exact H. Qed.

Lemma exp_term_positive : forall x n, 0 <= x -> 0 <= exp_term x n.
Proof.
  intros x n H. unfold exp_term. apply Rmult_le_pos; [|now apply pow_le].
  left. apply Rinv_0_lt_compat, INR_fact_lt_0.
Qed.

Lemma exp_above : forall x, 0 <= x -> 1 + x <= exp x.
Proof.
  intros x H. replace (1 + x) with (exp_sum x 1) by (unfold exp_sum, exp_term; simpl; field).
  apply sum_incr; [apply exp_sum_converges | intro n; now apply exp_term_positive].
Qed.

Lemma exp_term_below : forall x n, 0 <= x -> exp_term x n <= x ^ n.
Proof.
  intros x n H. unfold exp_term. rewrite <- (Rmult_1_l (x ^ n)) at 2. apply Rmult_le_compat_r; [now apply pow_le|].
  rewrite <- Rinv_1. apply Rinv_le_contravar; [lra|]. change 1 with (INR 1). apply le_INR, lt_O_fact.
Qed.

Lemma exp_below : forall x, 0 <= x < 1 -> exp x <= / (1 - x).
Proof.
  intros x [H0 H1]. apply Rnot_lt_le. intro H.
  destruct (exp_sum_converges x (exp x - / (1 - x))) as [N HN]; [lra|]. specialize (HN N (le_n N)).
  assert (Hs : exp_sum x N <= / (1 - x)).
  { apply Rle_trans with (sum_f_R0 (fun i => x ^ i) N).
    - apply sum_Rle. intros n _. now apply exp_term_below.
    - rewrite tech3 by lra. pose proof (pow_le x (S N) H0). unfold Rdiv.
      rewrite <- (Rmult_1_l (/ (1 - x))) at 2. apply Rmult_le_compat_r; [|lra].
      left. apply Rinv_0_lt_compat. lra. }
  unfold R_dist in HN. rewrite Rabs_left1 in HN by lra. lra.
Qed.

Lemma exp_tangent : forall x, 1 + x <= exp x.
Proof.
  intro x. destruct (Rle_dec 0 x) as [H|H]; [now apply exp_above|]. pose proof (exp_pos x) as Hp.
  destruct (Rle_dec x (-1)) as [Hx|Hx]; [lra|].
  assert (Hb : exp (- x) <= / (1 - - x)) by (apply exp_below; lra).
  rewrite exp_Ropp in Hb. apply Rinv_le_contravar in Hb; [|now apply Rinv_0_lt_compat].
  rewrite !Rinv_inv in Hb. lra.
Qed.

Lemma exp_grows : forall x y, x < y -> exp x < exp y.
Proof.
  intros x y H. replace y with (x + (y - x)) by ring. rewrite exp_plus. pose proof (exp_pos x) as Hp.
  pose proof (exp_tangent (y - x)). nra.
Qed.

Lemma exp_injective : forall x y, exp x = exp y -> x = y.
Proof.
  intros x y H. destruct (Rtotal_order x y) as [L|[E|L]]; [|exact E|]; apply exp_grows in L; lra.
Qed.

Lemma exp_reflects : forall x y, exp x <= exp y -> x <= y.
Proof. intros x y H. apply Rnot_lt_le. intro L. apply exp_grows in L. lra. Qed.

(** ** The logarithm *)

Lemma logarithm_exists : forall s, 0 < s -> {x : R | is_lub (fun x => exp x <= s) x}.
Proof.
  intros s Hs. apply completeness.
  - exists s. intros x Hx. pose proof (exp_tangent x). lra.
  - exists (- / s). rewrite exp_Ropp. rewrite <- (Rinv_inv s) at 2. apply Rinv_le_contravar.
    + now apply Rinv_0_lt_compat.
    + pose proof (exp_tangent (/ s)). lra.
Qed.

Definition logarithm (s : R) : R := match Rlt_dec 0 s with left H => proj1_sig (logarithm_exists s H) | right _ => 0 end.

(** The only thing that a value of the logarithm is known by. *)
Lemma exp_logarithm : forall s, 0 < s -> exp (logarithm s) = s.
Proof.
  intros s Hs. unfold logarithm. destruct (Rlt_dec 0 s) as [H|H]; [|contradiction].
  destruct (logarithm_exists s H) as [y [upper least]]. simpl. pose proof (exp_pos y) as Hy.
  apply Rle_antisym; apply Rnot_lt_le; intro L.
  - (* exp y > s: then y - d is an upper bound as well, d = 1 - s / exp y *)
    assert (Hd : 0 < 1 - s / exp y).
    { apply Rlt_Rminus. apply (Rmult_lt_reg_r (exp y)); [exact Hy|]. unfold Rdiv.
      rewrite Rmult_assoc, Rinv_l by lra. lra. }
    assert (Hu : is_upper_bound (fun x => exp x <= s) (y - (1 - s / exp y))).
    { intros x Hx. apply exp_reflects. apply Rle_trans with s; [exact Hx|].
      replace (y - (1 - s / exp y)) with (y + - (1 - s / exp y)) by ring. rewrite exp_plus.
      pose proof (exp_tangent (- (1 - s / exp y))) as Ht.
      replace s with (exp y * (s / exp y)) at 1 by (field; lra). apply Rmult_le_compat_l; lra. }
    apply least in Hu. lra.
  - (* exp y < s: then exp (y + d) <= s, d = 1 - exp y / s *)
    assert (Hd : 0 < 1 - exp y / s).
    { apply Rlt_Rminus. apply (Rmult_lt_reg_r s); [exact Hs|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra. }
    assert (Hu : exp (y + (1 - exp y / s)) <= s).
    { pose proof (exp_tangent (- (1 - exp y / s))) as Ht. rewrite exp_Ropp in Ht.
      rewrite exp_plus. pose proof (exp_pos (1 - exp y / s)) as Hp.
      assert (Hq : exp y / s <= / exp (1 - exp y / s)) by lra.
      apply (Rmult_le_compat_r (exp (1 - exp y / s) * s)) in Hq; [|apply Rmult_le_pos; lra].
      replace (exp y / s * (exp (1 - exp y / s) * s)) with (exp y * exp (1 - exp y / s)) in Hq by (field; lra).
      replace (/ exp (1 - exp y / s) * (exp (1 - exp y / s) * s)) with s in Hq by (field; lra). exact Hq. }
    apply upper in Hu. lra.
Qed.

Lemma logarithm_bounds : forall s t, 0 < s -> 0 < t ->
  1 - s / t <= logarithm t - logarithm s <= t / s - 1.
Proof.
  intros s t Hs Ht.
  assert (E : exp (logarithm t - logarithm s) = t / s).
  { unfold Rminus. rewrite exp_plus, exp_Ropp, !exp_logarithm by assumption. reflexivity. }
  split.
  - pose proof (exp_tangent (- (logarithm t - logarithm s))) as H. rewrite exp_Ropp, E in H.
    replace (/ (t / s)) with (s / t) in H by (field; lra). lra.
  - pose proof (exp_tangent (logarithm t - logarithm s)) as H. rewrite E in H. lra.
Qed.

Theorem logarithm_derivative : forall s, 0 < s -> is_derive (logarithm : R -> R_NormedModule) s (/ s).
Proof.
  intros s Hs. apply is_derive_Reals. intros eps Heps.
  assert (Hd : 0 < Rmin (s / 2) (eps * s * s / 2)).
  { apply Rmin_pos; [lra|]. apply Rmult_lt_0_compat; [|lra]. repeat apply Rmult_lt_0_compat; assumption. }
  exists (mkposreal _ Hd). intros h Hh0 Hh. simpl in Hh.
  assert (H1 : Rabs h < s / 2) by (eapply Rlt_le_trans; [exact Hh | apply Rmin_l]).
  assert (H2 : Rabs h < eps * s * s / 2) by (eapply Rlt_le_trans; [exact Hh | apply Rmin_r]).
  assert (Ht : s / 2 < s + h) by (apply Rabs_def2 in H1; lra).
  pose proof (logarithm_bounds s (s + h) Hs ltac:(lra)) as [Hl Hu].
  replace (1 - s / (s + h)) with (h / s - h * h / (s * (s + h))) in Hl by (field; lra).
  replace ((s + h) / s - 1) with (h / s) in Hu by (field; lra).
  set (g := logarithm (s + h) - logarithm s) in *.
  assert (Hq : 0 <= h * h / (s * (s + h)) <= h * h * (2 / (s * s))).
  { assert (Hi : 0 < s * (s + h)) by nra. split.
    - apply Rmult_le_pos; [nra|]. left. now apply Rinv_0_lt_compat.
    - unfold Rdiv. apply Rmult_le_compat_l; [nra|]. replace (2 * / (s * s)) with (/ (s * s / 2)) by (field; lra).
      apply Rinv_le_contravar; nra. }
  assert (Hg : Rabs (g - h / s) <= h * h * (2 / (s * s))) by (apply Rabs_le; lra).
  replace (g / h - / s) with ((g - h / s) / h) by (field; lra).
  unfold Rdiv at 1. rewrite Rabs_mult, Rabs_inv. pose proof (Rabs_pos_lt h Hh0) as Hp.
  apply (Rmult_lt_reg_r (Rabs h)); [exact Hp|]. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  apply Rle_lt_trans with (1 := Hg). replace (h * h) with (Rabs h * Rabs h) by (rewrite <- Rabs_mult; apply Rabs_pos_eq; nra).
  apply Rlt_le_trans with (Rabs h * (eps * s * s / 2) * (2 / (s * s))).
  - apply Rmult_lt_compat_r; [apply Rdiv_lt_0_compat; nra|]. now apply Rmult_lt_compat_l.
  - right. field. lra.
Qed.
