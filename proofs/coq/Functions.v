(** The functions that networks apply, with their derivatives.

    A function is a number; [standard_functions] says which function each of the first numbers stands for.  Any other
    function, such as an activation that is not in the table, is a variable of a network's theorem.

    Of exp, tanh, the logistic function, its logarithm, softplus, sin, cos, sinh, cosh, exp - 1, erf, silu, mish and gelu,
    by erf and by tanh, it is proved that the second column is the derivative of the first at every real number; of relu,
    the roots, the logarithm and the powers of 1/z, that it is wherever the argument is not 0, or is positive. *)

From Coq Require Import Reals List Arith Lia Bool ZArith QArith Lra.
From Coquelicot Require Import Coquelicot.
From Dyadic Require Import Logarithm Equations.
Import ListNotations.
Open Scope R_scope.

Definition logistic (z : R) : R := / (1 + exp (- z)).
Definition softplus (z : R) : R := logarithm (1 + exp z).
Definition silu (z : R) : R := z * logistic z.
Definition gelu_argument (z : R) : R := sqrt (2 / PI) * (z + 44715 / 1000000 * z ^ 3).
Definition gelu_tanh (z : R) : R := z * (1 + tanh (gelu_argument z)) / 2.
Definition gelu_tanh_slope (z : R) : R :=
  (1 + tanh (gelu_argument z)) / 2
  + z * (1 - tanh (gelu_argument z) * tanh (gelu_argument z)) * sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2) / 2.
Definition bell (t : R) : R := exp (- (t * t)).
Definition erf (z : R) : R := 2 / sqrt PI * RInt bell 0 z.
Definition gelu (z : R) : R := z * (1 + erf (z / sqrt 2)) / 2.
Definition gelu_slope (z : R) : R :=
  (1 + erf (z / sqrt 2)) / 2 + z * (/ sqrt 2 * (2 / sqrt PI * bell (z / sqrt 2))) / 2.
Definition mish (z : R) : R := z * tanh (softplus z).
Definition mish_slope (z : R) : R :=
  tanh (softplus z) + z * (logistic z * (1 - tanh (softplus z) * tanh (softplus z))).

Definition standard_functions (others : functions) : functions := fun f o =>
  match f, o with
  | 0%nat, _ => exp
  | 1%nat, 0%nat => tanh  | 1%nat, 1%nat => fun z => 1 - tanh z * tanh z
  | 2%nat, 0%nat => logistic  | 2%nat, 1%nat => fun z => logistic z * (1 - logistic z)
  | 3%nat, 0%nat => softplus  | 3%nat, 1%nat => logistic
  | 4%nat, 0%nat => sin  | 4%nat, 1%nat => cos
  | 5%nat, 0%nat => cos  | 5%nat, 1%nat => fun z => - sin z
  | 6%nat, 0%nat => Rmax 0  | 6%nat, 1%nat => fun z => if Rlt_dec 0 z then 1 else 0
  | 7%nat, 0%nat => sqrt  | 7%nat, 1%nat => fun z => / (2 * sqrt z)
  | 8%nat, 0%nat => fun z => / sqrt z  | 8%nat, 1%nat => fun z => - / (2 * (z * sqrt z))
  | 9%nat, 0%nat => logarithm  | 9%nat, 1%nat => Rinv
  | 10%nat, _ => fun z => (-1) ^ o * INR (fact o) * / z ^ S o             (* the o-th derivative of 1/z *)
  | 11%nat, 0%nat => silu  | 11%nat, 1%nat => fun z => logistic z * (1 + z * (1 - logistic z))
  | 12%nat, 0%nat => gelu_tanh  | 12%nat, 1%nat => gelu_tanh_slope
  | 13%nat, 0%nat => erf  | 13%nat, 1%nat => fun z => 2 / sqrt PI * bell z
  | 14%nat, 0%nat => gelu  | 14%nat, 1%nat => gelu_slope
  | 15%nat, 0%nat => fun z => exp z - 1  | 15%nat, 1%nat => exp
  | 16%nat, 0%nat => sinh  | 16%nat, 1%nat => cosh
  | 17%nat, 0%nat => cosh  | 17%nat, 1%nat => sinh
  | 18%nat, 0%nat => fun z => logarithm (logistic z)  | 18%nat, 1%nat => fun z => 1 - logistic z
  | 19%nat, 0%nat => mish  | 19%nat, 1%nat => mish_slope
  | _, _ => others f o
  end.

(** ** Derivatives *)

Lemma exp_derivative : forall z, is_derive (exp : R -> R_NormedModule) z (exp z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_exp. Qed.

Lemma cosh_positive : forall z, 0 < cosh z.
Proof. intro z. unfold cosh. pose proof (exp_pos z). pose proof (exp_pos (- z)). lra. Qed.

Lemma tanh_derivative : forall z, is_derive (tanh : R -> R_NormedModule) z (1 - tanh z * tanh z).
Proof.
  intro z. apply is_derive_Reals. unfold tanh at 1. pose proof (cosh_positive z) as Hc.
  replace (1 - tanh z * tanh z) with ((cosh z * cosh z - sinh z * sinh z) / Rsqr (cosh z)).
  - apply (derivable_pt_lim_div sinh cosh); [apply derivable_pt_lim_sinh | apply derivable_pt_lim_cosh | lra].
  - unfold tanh, Rsqr. field. lra.
Qed.

Lemma exp_shifted : forall z, derivable_pt_lim (fun z => 1 + exp z) z (exp z).
Proof.
  intro z. rewrite <- (Rplus_0_l (exp z)). apply (derivable_pt_lim_plus (fct_cte 1) exp).
  - apply derivable_pt_lim_const.
  - apply derivable_pt_lim_exp.
Qed.

Lemma logistic_derivative : forall z, is_derive (logistic : R -> R_NormedModule) z (logistic z * (1 - logistic z)).
Proof.
  intro z. apply is_derive_Reals. pose proof (exp_pos z) as H. pose proof (exp_pos (- z)) as H'.
  assert (E : forall y, logistic y = exp y / (1 + exp y)).
  { intro y. unfold logistic. rewrite exp_Ropp. pose proof (exp_pos y). field. lra. }
  assert (D : derivable_pt_lim (div_fct exp (fun y => 1 + exp y)) z
                (((exp z) * (1 + exp z) - (exp z) * (exp z)) / Rsqr (1 + exp z))).
  { apply (derivable_pt_lim_div exp (fun y => 1 + exp y)); [apply derivable_pt_lim_exp | apply exp_shifted | lra]. }
  intros eps Heps. destruct (D eps Heps) as [d Hd]. exists d. intros h Hh0 Hh. specialize (Hd h Hh0 Hh). unfold div_fct in Hd.
  rewrite !E. replace (exp z / (1 + exp z) * (1 - exp z / (1 + exp z))) with
    (((exp z) * (1 + exp z) - (exp z) * (exp z)) / Rsqr (1 + exp z)) by (unfold Rsqr; field; lra). exact Hd.
Qed.

Lemma softplus_derivative : forall z, is_derive (softplus : R -> R_NormedModule) z (logistic z).
Proof.
  intro z. unfold softplus, logistic. pose proof (exp_pos z) as H.
  replace (/ (1 + exp (- z))) with (scal (exp z : R_AbsRing) (/ (1 + exp z))).
  - apply (is_derive_comp (logarithm : R -> R_NormedModule) (fun z => 1 + exp z)); [apply logarithm_derivative; lra|].
    apply is_derive_Reals, exp_shifted.
  - change (exp z * / (1 + exp z) = / (1 + exp (- z))). rewrite exp_Ropp. field. lra.
Qed.

Lemma sin_derivative : forall z, is_derive (sin : R -> R_NormedModule) z (cos z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_sin. Qed.

Lemma cos_derivative : forall z, is_derive (cos : R -> R_NormedModule) z (- sin z).
Proof. intro z. apply is_derive_Reals, derivable_pt_lim_cos. Qed.

(** The product rule, for numbers. *)
Lemma product_derivative : forall (f g : R -> R) z df dg,
  is_derive (f : R -> R_NormedModule) z df -> is_derive (g : R -> R_NormedModule) z dg ->
  is_derive ((fun z => f z * g z) : R -> R_NormedModule) z (df * g z + f z * dg).
Proof. intros f g z df dg Hf Hg. apply (is_derive_mult f g z df dg Hf Hg). intros a b. apply Rmult_comm. Qed.

Lemma silu_derivative : forall z, is_derive (silu : R -> R_NormedModule) z (logistic z * (1 + z * (1 - logistic z))).
Proof.
  intro z. replace (logistic z * (1 + z * (1 - logistic z))) with (1 * logistic z + z * (logistic z * (1 - logistic z))) by ring.
  apply (product_derivative (fun z => z) logistic); [exact (is_derive_id z) | apply logistic_derivative].
Qed.

(** The derivative of z (1 + f(z)) / 2. *)
Lemma gated_derivative : forall (f : R -> R) z df, is_derive (f : R -> R_NormedModule) z df ->
  is_derive ((fun z => z * (1 + f z) / 2) : R -> R_NormedModule) z ((1 + f z) / 2 + z * df / 2).
Proof.
  intros f z df H. replace ((1 + f z) / 2 + z * df / 2) with (1 * ((1 + f z) / 2) + z * (df / 2)) by field.
  apply (is_derive_ext (fun y => y * ((1 + f y) / 2))); [intro t; change (t * ((1 + f t) / 2) = t * (1 + f t) / 2); field|].
  apply (product_derivative (fun y => y) (fun y => (1 + f y) / 2)); [exact (is_derive_id z)|].
  replace (df / 2) with (scal (/ 2 : R_AbsRing) (0 + df)) by (change (/ 2 * (0 + df) = df / 2); field).
  apply (is_derive_ext (fun y => scal (/ 2 : R_AbsRing) (1 + f y))); [intro t; change (/ 2 * (1 + f t) = (1 + f t) / 2); field|].
  apply (is_derive_scal (fun y => 1 + f y)). apply (is_derive_plus (fun _ => 1) f z 0 df); [exact (is_derive_const 1 z) | exact H].
Qed.

Lemma gelu_tanh_derivative : forall z, is_derive (gelu_tanh : R -> R_NormedModule) z (gelu_tanh_slope z).
Proof.
  intro z. pose proof (tanh_derivative (gelu_argument z)) as Ht.
  assert (Ha : is_derive (gelu_argument : R -> R_NormedModule) z (sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2))).
  { unfold gelu_argument.                      (* auto_derive would rest on the excluded middle *)
    replace (sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2)) with
      (sqrt (2 / PI) * (1 + 44715 / 1000000 * (INR 3 * 1 * z ^ 2))) by (cbn [INR]; ring).
    apply (is_derive_scal (fun z => z + 44715 / 1000000 * z ^ 3)).
    apply (is_derive_plus (fun z => z) (fun z => 44715 / 1000000 * z ^ 3)); [exact (is_derive_id z)|].
    apply (is_derive_scal (fun z => z ^ 3)), (is_derive_pow (fun z => z) 3 z 1), (is_derive_id z). }
  pose proof (gated_derivative _ z _ (is_derive_comp (tanh : R -> R_NormedModule) gelu_argument z _ _ Ht Ha)) as H.
  replace (gelu_tanh_slope z) with
    ((1 + tanh (gelu_argument z)) / 2
     + z * scal (sqrt (2 / PI) * (1 + 3 * (44715 / 1000000) * z ^ 2) : R_AbsRing) (1 - tanh (gelu_argument z) * tanh (gelu_argument z)) / 2);
    [exact H|]. unfold gelu_tanh_slope, scal, mult; simpl. unfold mult; simpl. field.
Qed.

Lemma bell_derivative : forall z, is_derive (bell : R -> R_NormedModule) z (- (2 * z) * bell z).
Proof.
  intro z. apply (is_derive_comp (exp : R -> R_NormedModule) (fun t => - (t * t)) z (bell z) (- (2 * z))).
  - apply exp_derivative.
  - apply (is_derive_opp (fun t : R => t * t) z (2 * z)). replace (2 * z) with (1 * z + z * 1) by ring.
    apply (product_derivative (fun t => t) (fun t => t)); exact (is_derive_id z).
Qed.

(** By the fundamental theorem of calculus. *)
Lemma erf_derivative : forall z, is_derive (erf : R -> R_NormedModule) z (2 / sqrt PI * bell z).
Proof.
  assert (C : forall t, continuous bell t).
  { intro t. apply (ex_derive_continuous bell). exists (- (2 * t) * bell t). apply bell_derivative. }
  intro z. apply (is_derive_scal (fun y => RInt bell 0 y) z (2 / sqrt PI) (bell z)).
  apply (is_derive_RInt bell (fun y => RInt bell 0 y) 0 z); [|apply C].
  apply filter_forall. intro y. apply (RInt_correct bell), (ex_RInt_continuous bell). intros t _. apply C.
Qed.

Lemma gelu_derivative : forall z, is_derive (gelu : R -> R_NormedModule) z (gelu_slope z).
Proof.
  intro z. apply (gated_derivative (fun z => erf (z / sqrt 2)) z (/ sqrt 2 * (2 / sqrt PI * bell (z / sqrt 2)))).
  apply (is_derive_comp (erf : R -> R_NormedModule) (fun z => z / sqrt 2) z _ (/ sqrt 2)); [apply erf_derivative|].
  replace (/ sqrt 2) with (/ sqrt 2 * 1) by ring.
  apply (is_derive_ext (fun z => / sqrt 2 * z)); [intro t; apply Rmult_comm|].
  apply (is_derive_scal (fun z => z) z (/ sqrt 2) 1), (is_derive_id z).
Qed.

Lemma expm1_derivative : forall z, is_derive ((fun z => exp z - 1) : R -> R_NormedModule) z (exp z).
Proof.
  intro z. pose proof (is_derive_minus (exp : R -> R_NormedModule) (fun _ => 1) z (exp z) 0 (exp_derivative z) (is_derive_const 1 z)) as H.
  replace (exp z) with (minus (exp z) 0); [exact H | apply Rminus_0_r].
Qed.

Lemma log_sigmoid_derivative : forall z,
  is_derive ((fun z => logarithm (logistic z)) : R -> R_NormedModule) z (1 - logistic z).
Proof.
  intro z. assert (H : 0 < logistic z) by (apply Rinv_0_lt_compat; pose proof (exp_pos (- z)); lra).
  replace (1 - logistic z) with (scal (logistic z * (1 - logistic z) : R_AbsRing) (/ logistic z)).
  - apply (is_derive_comp (logarithm : R -> R_NormedModule) logistic); [now apply logarithm_derivative | apply logistic_derivative].
  - change (logistic z * (1 - logistic z) * / logistic z = 1 - logistic z). field. lra.
Qed.

Lemma mish_derivative : forall z, is_derive (mish : R -> R_NormedModule) z (mish_slope z).
Proof.
  intro z. unfold mish_slope. rewrite <- (Rmult_1_l (tanh (softplus z))) at 1.
  apply (product_derivative (fun z => z) (fun z => tanh (softplus z))); [exact (is_derive_id z)|].
  apply (is_derive_comp (tanh : R -> R_NormedModule) softplus z _ (logistic z)); [apply tanh_derivative | apply softplus_derivative].
Qed.

(** ** Derivatives where the argument allows it *)

Lemma relu_derivative : forall z, z <> 0 -> is_derive (Rmax 0 : R -> R_NormedModule) z (if Rlt_dec 0 z then 1 else 0).
Proof.
  intros z Hz. destruct (Rlt_dec 0 z) as [H|H].
  - apply (is_derive_ext_loc (fun y : R => y)); [|exact (is_derive_id z)].
    exists (mkposreal z H). intros y Hy. apply Rabs_def2 in Hy. cbn in Hy. unfold minus, plus, opp in Hy. cbn in Hy.
    symmetry. apply Rmax_right. lra.
  - assert (H' : 0 < - z) by lra. apply (is_derive_ext_loc (fun _ : R => 0)); [|exact (is_derive_const 0 z)].
    exists (mkposreal (- z) H'). intros y Hy. apply Rabs_def2 in Hy. cbn in Hy. unfold minus, plus, opp in Hy. cbn in Hy.
    symmetry. apply Rmax_left. lra.
Qed.

Lemma sqrt_derivative : forall z, 0 < z -> is_derive (sqrt : R -> R_NormedModule) z (/ (2 * sqrt z)).
Proof. intros z Hz. apply is_derive_Reals, derivable_pt_lim_sqrt, Hz. Qed.

Lemma rsqrt_derivative : forall z, 0 < z -> is_derive ((fun z => / sqrt z) : R -> R_NormedModule) z (- / (2 * (z * sqrt z))).
Proof.
  intros z Hz. pose proof (sqrt_lt_R0 z Hz) as Hr.
  replace (- / (2 * (z * sqrt z))) with (- / (2 * sqrt z) / sqrt z ^ 2).
  - apply (is_derive_inv sqrt); [now apply sqrt_derivative | lra].
  - rewrite <- (sqrt_sqrt z) at 3 by lra. field. lra.
Qed.

Lemma reciprocal_derivative : forall o z, z <> 0 ->
  is_derive ((fun z => (-1) ^ o * INR (fact o) * / z ^ S o) : R -> R_NormedModule) z ((-1) ^ S o * INR (fact (S o)) * / z ^ S (S o)).
Proof.
  intros o z Hz. set (c := (-1) ^ o * INR (fact o)).
  assert (E : (-1) ^ S o * INR (fact (S o)) * / z ^ S (S o) = c * (- (INR (S o) * 1 * z ^ o) / (z ^ S o) ^ 2)).
  { unfold c. rewrite fact_simpl, mult_INR. cbn [pow]. field. repeat split; try apply pow_nonzero; exact Hz. }
  rewrite E. apply (is_derive_scal (fun z => / z ^ S o) z c). apply (is_derive_inv (fun z => z ^ S o)); [|now apply pow_nonzero].
  apply (is_derive_pow (fun z => z) (S o) z 1), (is_derive_id z).
Qed.

(** A power of a fraction is no function of the table; what it stands for where a network's theorem has it, as one of
    [others]: z^r with its o-th derivatives r (r - 1) ... (r - o + 1) z^(r - o). *)
Fixpoint falling (r : R) (o : nat) : R := match o with O => 1 | S o => falling r o * (r - INR o) end.
Definition real_power (r : R) (o : nat) (z : R) : R := falling r o * exp ((r - INR o) * logarithm z).

Theorem power_derivative : forall r o z, 0 < z -> is_derive (real_power r o : R -> R_NormedModule) z (real_power r (S o) z).
Proof.
  intros r o z Hz. unfold real_power. set (c := r - INR o).
  replace (falling r (S o) * exp ((r - INR (S o)) * logarithm z)) with (falling r o * (c * / z * exp (c * logarithm z))).
  - apply (is_derive_scal (fun z => exp (c * logarithm z))).
    apply (is_derive_comp (exp : R -> R_NormedModule) (fun z => c * logarithm z) z _ (c * / z)); [apply exp_derivative|].
    apply (is_derive_scal (logarithm : R -> R)), logarithm_derivative, Hz.
  - cbn [falling]. fold c. replace (r - INR (S o)) with (c - 1) by (unfold c; rewrite S_INR; ring).
    replace ((c - 1) * logarithm z) with (c * logarithm z + - logarithm z) by ring.
    rewrite exp_plus, exp_Ropp, exp_logarithm by exact Hz. ring.
Qed.

(** ** Functions that are differentiable everywhere *)

Definition differentiable_everywhere (f : nat) : bool := (f <? 6)%nat || (10 <? f)%nat && (f <? 20)%nat.
Section Everywhere.
  Variable others : functions.
  Notation F := (standard_functions others).

  Theorem derivatives : forall f, differentiable_everywhere f = true ->
    forall z, is_derive (F f 0%nat : R -> R_NormedModule) z (F f 1%nat z).
  Proof.
    intros f H. unfold differentiable_everywhere in H. rewrite orb_true_iff, andb_true_iff, !Nat.ltb_lt in H.
    assert (E : In f [0; 1; 2; 3; 4; 5; 11; 12; 13; 14; 15; 16; 17; 18; 19]%nat) by (cbn [In]; lia).
    repeat (destruct E as [<-|E]; [cbn [standard_functions]|]); [| | | | | | | | | | | | | | |destruct E].
    - exact exp_derivative.
    - exact tanh_derivative.
    - exact logistic_derivative.
    - exact softplus_derivative.
    - exact sin_derivative.
    - exact cos_derivative.
    - exact silu_derivative.
    - exact gelu_tanh_derivative.
    - exact erf_derivative.
    - exact gelu_derivative.
    - exact expm1_derivative.
    - intro z. apply is_derive_Reals, derivable_pt_lim_sinh.
    - intro z. apply is_derive_Reals, derivable_pt_lim_cosh.
    - exact log_sigmoid_derivative.
    - exact mish_derivative.
  Qed.
End Everywhere.
